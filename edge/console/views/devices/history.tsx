import { useState } from "preact/hooks";
import { Chart } from "../../parts/chart.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Choice } from "../../parts/field.tsx";
import { Empty, Loaded } from "../../parts/state.tsx";
import { client } from "../../state/account.ts";
import type { Device } from "../../state/devices.ts";
import { t } from "../../state/language.ts";
import { useAsked } from "../../state/store.ts";

const spans = { day: 1, week: 7, year: 365 } as const;
type Span = keyof typeof spans;

const dayMs = 86_400_000;

/** Fields of a device that have a history: numbers, and what is on or off. */
export function fieldsOf({ state }: Device): string[] {
  const kinds = new Set(["number", "boolean"]);
  return Object.keys(state).filter((key) => kinds.has(typeof state[key]));
}

/** Values of a device over time. */
export function DeviceHistory({ device, onClose }: { device: Device; onClose: () => void }) {
  const fields = fieldsOf(device);
  const [field, setField] = useState(fields[0] ?? "");
  const [span, setSpan] = useState<Span>("day");
  const asked = useAsked(() => {
    const from = new Date(Date.now() - spans[span] * dayMs).toISOString();
    return client().api.deviceHistory({ params: { device_id: device.device_id }, query: { field, from } });
  }, [device.device_id, field, span]);
  return (
    <Dialog title={t("historyOf", { name: device.name || device.device_id })} wide onClose={onClose}>
      <div class="form-row">
        <Choice
          label={t("value")}
          value={field}
          options={fields.map((one) => [one, one])}
          onChange={setField}
        />
        <Choice<Span>
          label={t("time")}
          value={span}
          options={[
            ["day", t("lastDay")],
            ["week", t("lastWeek")],
            ["year", t("lastYear")],
          ]}
          onChange={setSpan}
        />
      </div>
      <Loaded asked={asked}>
        {({ points, unit }) =>
          points.length === 0 ? (
            <Empty icon="devices" title={t("noHistory")} text={t("noHistoryText")} />
          ) : (
            <Chart
              title={unit ? `${field} (${unit})` : field}
              times={points.map(({ at }) => Date.parse(at) / 1_000)}
              series={[{ label: field, values: points.map(({ value }) => value) }]}
            />
          )
        }
      </Loaded>
    </Dialog>
  );
}
