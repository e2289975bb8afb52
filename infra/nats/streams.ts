import {
  JetStreamApiError,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";
import { keptLimits } from "./kept-limits.ts";
import { streamPolicy } from "./stream-policy.ts";

/** A stream as wanted: what is left out takes the server's default. */
export type WantedStream = Partial<StreamConfig> & Pick<StreamConfig, "name">;

/** Key in a stream's metadata: the version of the data that its last writer knew. */
export const versionKey = "parley_data_version";

const streamNotFound = 10059;
const nameInUse = 10058;

/**
 * Makes the stream, or brings an existing one to `wanted` without weakening it: no limit goes below what is stored, the
 * number of replicas never falls, and a stream of a newer version stays as it is. Safe to call from many processes at
 * once.
 * @throws JetStreamNotEnabled or JetStreamApiError: JetStream is absent, or the change is not allowed by the server.
 */
export async function ensureStream(jsm: JetStreamManager, wanted: WantedStream): Promise<StreamInfo> {
  const found = await findStream(jsm, wanted.name);
  if (found !== undefined) return adjustStream(jsm, found, wanted);
  try {
    return await jsm.streams.add(withPolicy(wanted));
  } catch (err) {
    // Another process made it first.
    if (!(err instanceof JetStreamApiError && err.code === nameInUse)) throw err;
    return ensureStream(jsm, wanted);
  }
}

/** Brings an existing stream to `wanted`, under the rules of {@link ensureStream}. */
export async function adjustStream(
  jsm: JetStreamManager,
  found: StreamInfo,
  wanted: WantedStream,
): Promise<StreamInfo> {
  if (versionOf(found.config) > streamPolicy().dataVersion) return found;
  const target = withPolicy(wanted, found.config.num_replicas);
  if (contains(found.config, target)) return found;
  const kept = await keptLimits(jsm, found, target);
  for (const limit of kept)
    streamPolicy().log?.warn(
      { stream: wanted.name, ...limit },
      "stream limit not lowered below what is stored",
    );
  const allowed = { ...target, ...Object.fromEntries(kept.map(({ limit, current }) => [limit, current])) };
  return contains(found.config, allowed) ? found : jsm.streams.update(wanted.name, allowed);
}

/** The stream, or undefined where there is none of this name. */
export async function findStream(jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await jsm.streams.info(name);
  } catch (err) {
    if (err instanceof JetStreamApiError && err.code === streamNotFound) return undefined;
    throw err;
  }
}

/** Version of the data that a stream was last written by; 0 = none is stamped. */
export function versionOf({ metadata }: Pick<StreamConfig, "metadata">): number {
  return Number(metadata?.[versionKey] ?? 0) || 0;
}

/** `wanted` with this installation's replicas and version; `present`: replicas that the stream has already. */
function withPolicy(wanted: WantedStream, present = 1): WantedStream {
  const { replicas, dataVersion } = streamPolicy();
  const { persist_mode, ...rest } = wanted;
  const num_replicas = Math.max(replicas, present);
  return {
    ...rest,
    num_replicas,
    metadata: { ...wanted.metadata, [versionKey]: String(dataVersion) },
    // The server allows asynchronous persistence with one replica alone (10052).
    ...(persist_mode !== undefined && num_replicas === 1 && { persist_mode }),
  };
}

/** Whether every field of `wanted` is so in `actual`; fields that the server filled in are not compared. */
function contains(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return Object.is(actual, wanted);
  if (typeof actual !== "object" || actual === null) return false;
  if (Array.isArray(wanted) && wanted.length !== (actual as unknown[]).length) return false;
  return Object.entries(wanted).every(
    ([key, value]) => value === undefined || contains((actual as Record<string, unknown>)[key], value),
  );
}
