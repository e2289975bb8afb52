import {
  JetStreamApiError,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";
import { keptLimits } from "./kept-limits.ts";
import { streamPolicy } from "./stream-policy.ts";

/** A wanted stream; omitted fields take the server's defaults. */
export type WantedStream = Partial<StreamConfig> & Pick<StreamConfig, "name">;

/** Metadata key: the data version of the stream's last writer. */
export const versionKey = "parley_data_version";

const streamNotFound = 10059;
const nameInUse = 10058;

/**
 * Creates the stream, or updates it to `wanted` without weakening it: no limit is lowered below what is
 * stored, replicas are never reduced, and a stream of a newer version is left unchanged. Safe for concurrent
 * use by many processes.
 * @throws JetStreamNotEnabled or JetStreamApiError: JetStream is disabled, or the server rejects the change.
 */
export async function ensureStream(jsm: JetStreamManager, wanted: WantedStream): Promise<StreamInfo> {
  const found = await findStream(jsm, wanted.name);
  if (found !== undefined) return adjustStream(jsm, found, wanted);
  try {
    return await jsm.streams.add(withPolicy(wanted));
  } catch (err) {
    // Another process created it first.
    if (!(err instanceof JetStreamApiError && err.code === nameInUse)) throw err;
    return ensureStream(jsm, wanted);
  }
}

/** Updates an existing stream to `wanted`, under the rules of {@link ensureStream}. */
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
      "stream limit kept, more is stored than the lower limit allows",
    );
  const allowed = { ...target, ...Object.fromEntries(kept.map(({ limit, current }) => [limit, current])) };
  return contains(found.config, allowed) ? found : jsm.streams.update(wanted.name, allowed);
}

/** The stream, or undefined when missing. */
export async function findStream(jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await jsm.streams.info(name);
  } catch (err) {
    if (err instanceof JetStreamApiError && err.code === streamNotFound) return undefined;
    throw err;
  }
}

/** Data version of a stream's last writer; 0 = not set. */
export function versionOf({ metadata }: Pick<StreamConfig, "metadata">): number {
  return Number(metadata?.[versionKey] ?? 0) || 0;
}

/** `wanted` with this installation's replicas and version; `present`: the stream's current replicas. */
function withPolicy(wanted: WantedStream, present = 1): WantedStream {
  const { replicas, dataVersion } = streamPolicy();
  const { persist_mode, ...rest } = wanted;
  const num_replicas = Math.max(replicas, present);
  return {
    ...rest,
    num_replicas,
    metadata: { ...wanted.metadata, [versionKey]: String(dataVersion) },
    // The server allows asynchronous persistence only with one replica (10052).
    ...(persist_mode !== undefined && num_replicas === 1 && { persist_mode }),
  };
}

/** Whether `actual` has every field of `wanted`; defaults added by the server are ignored. */
function contains(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return Object.is(actual, wanted);
  if (typeof actual !== "object" || actual === null) return false;
  if (Array.isArray(wanted) && wanted.length !== (actual as unknown[]).length) return false;
  return Object.entries(wanted).every(
    ([key, value]) => value === undefined || contains((actual as Record<string, unknown>)[key], value),
  );
}
