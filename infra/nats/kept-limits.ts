import type { JetStreamManager, StreamConfig, StreamInfo } from "@nats-io/jetstream";
import type { WantedStream } from "./streams.ts";

type LimitName =
  | "max_msgs"
  | "max_bytes"
  | "max_age"
  | "max_msgs_per_subject"
  | "max_consumers"
  | "duplicate_window";

/** A limit that is kept, because more is stored than the lower one allows. */
export interface KeptLimit {
  limit: LimitName;
  /** The stream's current limit, which is kept. */
  current: number;
  /** The requested limit. */
  wanted: number;
  /** What is stored, in the unit of the limit. */
  stored: number;
}

const nanosPerMs = 1_000_000;
const unlimited = Number.POSITIVE_INFINITY;

/**
 * The limits that `wanted` would lower below what the stream holds: the server would delete the rest at once.
 */
export async function keptLimits(
  jsm: JetStreamManager,
  found: StreamInfo,
  wanted: WantedStream,
): Promise<KeptLimit[]> {
  const lowered = (Object.keys(usage) as LimitName[]).filter((name) => isLowered(found.config, wanted, name));
  const kept: KeptLimit[] = [];
  for (const limit of lowered) {
    const stored = await usage[limit](jsm, found);
    const allowed = wanted[limit] as number;
    if (stored > allowed) kept.push({ limit, current: found.config[limit], wanted: allowed, stored });
  }
  return kept;
}

function isLowered(current: StreamConfig, wanted: WantedStream, name: LimitName): boolean {
  const value = wanted[name];
  return value !== undefined && bound(value) < bound(current[name]);
}

/** The server represents "no limit" as 0 or -1. */
function bound(value: number | undefined): number {
  return value === undefined || value <= 0 ? unlimited : value;
}

type Usage = (jsm: JetStreamManager, info: StreamInfo) => number | Promise<number>;

const usage: Record<LimitName, Usage> = {
  max_msgs: (_jsm, { state }) => state.messages,
  max_bytes: (_jsm, { state }) => state.bytes,
  max_age: (_jsm, { state }) =>
    state.messages === 0 ? 0 : (Date.now() - Date.parse(state.first_ts as unknown as string)) * nanosPerMs,
  max_msgs_per_subject: async (jsm, { config }) => {
    const { state } = await jsm.streams.info(config.name, { subjects_filter: ">" });
    return Object.values(state.subjects ?? {}).reduce((most, count) => Math.max(most, count), 0);
  },
  max_consumers: (_jsm, { state }) => state.consumer_count,
  // Duplicates of messages stored under the longer window must be detected until it has passed.
  duplicate_window: (_jsm, { state, config }) =>
    state.messages === 0 ? 0 : Number(config.duplicate_window ?? 0),
};
