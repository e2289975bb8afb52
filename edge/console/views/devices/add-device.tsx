import { useEffect, useState } from "preact/hooks";
import { renderSVG } from "uqr";
import { Button, Row } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Choice, Field } from "../../parts/field.tsx";
import { Snippet } from "../../parts/snippet.tsx";
import { Loaded } from "../../parts/state.tsx";
import { client, profile } from "../../state/account.ts";
import { devices } from "../../state/devices.ts";
import { t } from "../../state/language.ts";
import { useAsked } from "../../state/store.ts";
import { attempt } from "../../state/toasts.ts";
import { type Kind, kinds, settingsOf } from "./device-settings.ts";

const idPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** Leads to the first message of a device: its kind, the settings to paste, and whether something has come. */
export function AddDevice({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState<Kind>("plain");
  const [id, setId] = useState("");
  const [key, setKey] = useState<string>();
  const makeKey = () =>
    attempt(async () =>
      setKey((await client().api.createKey({ body: { name: `device ${id}`, scopes: ["device"] } })).key),
    );
  const valid = idPattern.test(id);
  return (
    <Dialog title={t("addDevice")} wide onClose={onClose}>
      <div class="form-row">
        <Choice<Kind>
          label={t("deviceKind")}
          value={kind}
          options={kinds.map((one) => [one, nameOf(one)])}
          onChange={setKind}
        />
        <Field
          label={t("deviceId")}
          value={id}
          onInput={setId}
          placeholder="living_lamp"
          hint={t("idHint")}
        />
      </div>
      {key === undefined ? (
        <Row end>
          <Button label={t("cancel")} onClick={onClose} />
          <Button kind="primary" label={t("makeSettings")} disabled={!valid} onClick={makeKey} />
        </Row>
      ) : (
        <Settings kind={kind} id={id} apiKey={key} onClose={onClose} />
      )}
    </Dialog>
  );
}

const names: Record<Kind, string> = {
  plain: "MQTT",
  tasmota: "Tasmota",
  zigbee2mqtt: "zigbee2mqtt",
  esphome: "ESPHome",
  "shelly-gen2": "Shelly (Gen 2, 3)",
  "shelly-gen1": "Shelly (Gen 1)",
  http: "HTTP",
  nats: "NATS",
};

function nameOf(kind: Kind): string {
  return names[kind];
}

function Settings(props: { kind: Kind; id: string; apiKey: string; onClose: () => void }) {
  const { kind, id, apiKey } = props;
  const user = profile.value?.user_id ?? "admin";
  const asked = useAsked(() => settingsOf(kind, { user, device: id, key: apiKey }), [kind, id, apiKey]);
  return (
    <>
      <p>{t("pasteSettings")}</p>
      <Loaded asked={asked}>
        {(text) => (
          <>
            <Snippet text={text} />
            <div class="qr">
              <QrCode text={text} />
              <small class="muted">{t("qrText")}</small>
            </div>
          </>
        )}
      </Loaded>
      <FirstMessage id={id} />
      <Row end>
        <Button label={t("close")} onClick={props.onClose} />
      </Row>
    </>
  );
}

function QrCode({ text }: { text: string }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([renderSVG(text)], { type: "image/svg+xml" }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [text]);
  return url === undefined ? null : <img src={url} width="180" height="180" alt={t("qrText")} />;
}

/** Waits for the device, and says when its first message has come. */
function FirstMessage({ id }: { id: string }) {
  const [openedAt] = useState(Date.now);
  const seen = devices.value?.find(
    ({ device_id, last_seen }) => device_id === id && Date.parse(last_seen) >= openedAt - 1_000,
  );
  return (
    <p role="status" class={seen ? "badge good" : "badge working"}>
      {seen ? t("deviceCame", { name: seen.name || id }) : t("deviceAwaited")}
    </p>
  );
}
