import { useState } from "preact/hooks";
import { Button, Row } from "../../parts/button.tsx";
import { confirm, Dialog } from "../../parts/dialog.tsx";
import { Field, Switch } from "../../parts/field.tsx";
import { Menu } from "../../parts/menu.tsx";
import { ago } from "../../parts/time.ts";
import { client } from "../../state/account.ts";
import { type Device, readDevices } from "../../state/devices.ts";
import { t } from "../../state/language.ts";
import { attempt } from "../../state/toasts.ts";
import { DeviceHistory, fieldsOf } from "./history.tsx";

/** A device with its values; what is true or false can be switched. */
export function DeviceCard({ device }: { device: Device }) {
  const [shown, setShown] = useState<"command" | "history">();
  const { device_id, name, state, online, last_seen, unsupported } = device;
  const forget = async () => {
    if (!(await confirm(t("forgetDevice"), t("forgetDeviceText", { name }), t("forget")))) return;
    await attempt(() => client().api.deleteDevice({ params: { device_id } }), t("deleted"));
    await readDevices();
  };
  return (
    <article class="card" aria-label={name || device_id}>
      <header>
        <div>
          <h2>{name || device_id}</h2>
          <small class="muted">
            {device.type && `${device.type} · `}
            <span class="mono">{device_id}</span>
          </small>
        </div>
        <Menu
          label={t("deviceActions", { name: name || device_id })}
          entries={[
            { icon: "send", label: t("sendCommand"), act: () => setShown("command") },
            {
              icon: "search",
              label: t("history"),
              act: () => setShown("history"),
              disabled: fieldsOf(device).length === 0,
            },
            { icon: "trash", label: t("forgetDevice"), act: forget, danger: true },
          ]}
        />
      </header>
      <dl class="values">
        {Object.entries(state).map(([key, value]) => (
          <Value key={key} device={device} name={key} value={value} />
        ))}
      </dl>
      {unsupported && <p class="bad">{unsupported}</p>}
      <footer>
        <span class={online ? "badge good" : "badge"}>{t(online ? "online" : "away")}</span>
        <span>{ago(last_seen)}</span>
      </footer>
      {shown === "command" && <CommandDialog device={device} onClose={() => setShown(undefined)} />}
      {shown === "history" && <DeviceHistory device={device} onClose={() => setShown(undefined)} />}
    </article>
  );
}

function Value({ device, name, value }: { device: Device; name: string; value: unknown }) {
  const turn = (on: boolean) =>
    void attempt(() =>
      client().api.commandDevice({
        params: { device_id: device.device_id },
        body: { command: { [name]: on } },
      }),
    );
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {typeof value === "boolean" ? (
          <Switch label={`${device.name || device.device_id}: ${name}`} on={value} onChange={turn} hidden />
        ) : (
          shownValue(value)
        )}
      </dd>
    </>
  );
}

/** A value as people read it. */
function shownValue(value: unknown): string {
  if (typeof value === "number") return String(Math.round(value * 100) / 100);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function CommandDialog({ device, onClose }: { device: Device; onClose: () => void }) {
  const [text, setText] = useState("{}");
  const send = async () => {
    const sent = await attempt(
      () =>
        client().api.commandDevice({
          params: { device_id: device.device_id },
          body: { command: read(text) },
        }),
      t("commandSent"),
    );
    if (sent) onClose();
  };
  return (
    <Dialog title={t("commandTo", { name: device.name || device.device_id })} onClose={onClose}>
      <Field label={t("command")} value={text} onInput={setText} rows={5} mono hint={t("commandHint")} />
      <Row end>
        <Button label={t("cancel")} onClick={onClose} />
        <Button kind="primary" icon="send" label={t("send")} onClick={send} />
      </Row>
    </Dialog>
  );
}

/** JSON as what it means; anything else is a text. */
function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
