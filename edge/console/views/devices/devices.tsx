import { useEffect, useState } from "preact/hooks";
import { Button } from "../../parts/button.tsx";
import { Page, Section } from "../../parts/field.tsx";
import { Empty, Failure, Waiting } from "../../parts/state.tsx";
import { ago } from "../../parts/time.ts";
import { client } from "../../state/account.ts";
import { type Device, devices, devicesError, followDevices, readDevices } from "../../state/devices.ts";
import { t } from "../../state/language.ts";
import { useAsked } from "../../state/store.ts";
import { AddDevice } from "./add-device.tsx";
import { DeviceCard } from "./device-card.tsx";

/** The user's devices by type, live. */
export default function Devices() {
  const [adding, setAdding] = useState(false);
  useEffect(followDevices, []);
  const list = devices.value;
  const add = <Button kind="primary" icon="plus" label={t("addDevice")} onClick={() => setAdding(true)} />;
  return (
    <Page title={t("devices")} text={t("devicesText")} action={add}>
      {devicesError.value !== undefined && (
        <Failure error={devicesError.value} again={() => void readDevices()} />
      )}
      {list === undefined && devicesError.value === undefined && <Waiting />}
      {list?.length === 0 && (
        <Empty icon="devices" title={t("noDevices")} text={t("noDevicesText")}>
          <Button kind="primary" icon="plus" label={t("addDevice")} onClick={() => setAdding(true)} />
        </Empty>
      )}
      <div class="cards">
        {byType(list ?? []).map((device) => (
          <DeviceCard key={device.device_id} device={device} />
        ))}
      </div>
      <Refused />
      {adding && <AddDevice onClose={() => setAdding(false)} />}
    </Page>
  );
}

function byType(list: readonly Device[]): Device[] {
  return [...list].sort((a, b) => a.type.localeCompare(b.type) || a.name.localeCompare(b.name));
}

/** What devices sent and was not taken: the first place to look when one does not show up. */
function Refused() {
  const asked = useAsked(() => client().api.listRefused(), []);
  const refused = asked.value?.refused ?? [];
  if (refused.length === 0) return null;
  return (
    <Section title={t("refused")}>
      <p class="muted">{t("refusedText")}</p>
      <ul class="lines">
        {refused.map(({ topic, reason, time, count }) => (
          <li key={`${topic}/${reason}`}>
            <span class="grow">
              <strong class="mono">{topic}</strong>
              <span class="bad">{reason}</span>
            </span>
            <span class="muted">
              {ago(time)} · {count}×
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
