import { useEffect, useState } from "preact/hooks";
import { Button } from "../../parts/button.tsx";
import { Page, Section } from "../../parts/field.tsx";
import { Empty, Failure, Waiting } from "../../parts/state.tsx";
import { type Device, devices, devicesError, followDevices, readDevices } from "../../state/devices.ts";
import { t } from "../../state/language.ts";
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
      {byType(list ?? []).map(([type, some]) => (
        <Section key={type} title={type || t("otherDevices")}>
          <div class="cards">
            {some.map((device) => (
              <DeviceCard key={device.device_id} device={device} />
            ))}
          </div>
        </Section>
      ))}
      {adding && <AddDevice onClose={() => setAdding(false)} />}
    </Page>
  );
}

function byType(list: readonly Device[]): [string, Device[]][] {
  const groups = new Map<string, Device[]>();
  for (const device of list) groups.set(device.type, [...(groups.get(device.type) ?? []), device]);
  return [...groups].sort(([a], [b]) => a.localeCompare(b));
}
