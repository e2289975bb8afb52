import { ParleyError } from "../../schemas/errors.ts";
import { deviceHistory } from "../../schemas/routes/devices.ts";
import type { ActorContext } from "../actor-context.ts";
import { serveRoute } from "../requests/rest.ts";
import { userTimeZone } from "../time/user-time-zone.ts";
import { parseInstant } from "../time/zoned-time.ts";
import type { DeviceHistory } from "./device-history.ts";
import type { DeviceStore } from "./device-store.ts";
import { type ChartPoint, thinned } from "./history-values.ts";
import { askOwner } from "./owner.ts";

const dayMs = 24 * 3600 * 1000;
/** Raw points are kept for seven days; older data is means. */
const rawMs = 7 * dayMs;
const readAtMost = 20_000;
const settleMs = 1_000;

/** Serves the history of device values. */
export function serveHistory(context: ActorContext, store: DeviceStore, history: DeviceHistory): void {
  serveRoute(context, deviceHistory, async ({ principal: { user_id: user }, params, query }) => {
    const device = params.device_id;
    // Include the most recent values.
    await askOwner(context, { kind: "settled", user }, settleMs);
    const found = await store.find(user, device);
    if (found === null) throw new ParleyError("not_found", { error: "设备不存在" });
    const zone = await userTimeZone(context.db, context.settings, user);
    const now = Date.now();
    const to = instantOf("to", query.to, zone) ?? now;
    const from = instantOf("from", query.from, zone) ?? to - dayMs;
    if (from > to) throw new ParleyError("invalid_request", { error: "请求参数错误: from, to" });
    const meta = { user, device, field: query.field };
    const source: "raw" | "means" = from >= now - rawMs ? "raw" : "means";
    const points =
      source === "raw" ? await rawPoints(history, meta, from, to) : await means(history, meta, from, to);
    const unit = found.fields?.[query.field]?.unit;
    const shown = thinned(points, from, to, query.points).map(({ at, ...values }) => ({
      at: new Date(at).toISOString(),
      ...values,
    }));
    return {
      device_id: device,
      field: query.field,
      ...(unit !== undefined && { unit }),
      ...{ source, from: new Date(from).toISOString(), to: new Date(to).toISOString(), points: shown },
    };
  });
}

type Meta = { user: string; device: string; field: string };

async function rawPoints(
  history: DeviceHistory,
  meta: Meta,
  from: number,
  to: number,
): Promise<ChartPoint[]> {
  const points = await history.raw(meta, new Date(from), new Date(to), readAtMost);
  return points.map(({ at, value }) => ({ at: at.getTime(), value, min: value, max: value, count: 1 }));
}

async function means(history: DeviceHistory, meta: Meta, from: number, to: number): Promise<ChartPoint[]> {
  const found = await history.means(meta, new Date(from), new Date(to));
  return found.map(({ _id, sum, count, min, max }) => ({
    at: _id.slot.getTime(),
    value: sum / count,
    ...{ min, max, count },
  }));
}

function instantOf(name: string, text: string | undefined, zone: string): number | undefined {
  if (text === undefined) return undefined;
  const at = /^\d{10,15}$/.test(text) ? Number(text) : parseInstant(text, zone);
  if (at === null) throw new ParleyError("invalid_request", { error: `请求参数错误: ${name}` });
  return at;
}
