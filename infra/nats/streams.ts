import {
  JetStreamApiError,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";

/** A stream as wanted: what is left out takes the server's default. */
export type WantedStream = Partial<StreamConfig> & Pick<StreamConfig, "name">;

const streamNotFound = 10059;
const nameInUse = 10058;

/**
 * Makes the stream, or brings an existing one to `wanted`. Safe to call from many processes at once.
 * @throws JetStreamNotEnabled or JetStreamApiError: JetStream is absent, or the change is not allowed by the server.
 */
export async function ensureStream(jsm: JetStreamManager, wanted: WantedStream): Promise<StreamInfo> {
  const found = await find(jsm, wanted.name);
  if (found === undefined) {
    try {
      return await jsm.streams.add(wanted);
    } catch (err) {
      // Another process made it first.
      if (!(err instanceof JetStreamApiError && err.code === nameInUse)) throw err;
      return ensureStream(jsm, wanted);
    }
  }
  return contains(found.config, wanted) ? found : jsm.streams.update(wanted.name, wanted);
}

async function find(jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await jsm.streams.info(name);
  } catch (err) {
    if (err instanceof JetStreamApiError && err.code === streamNotFound) return undefined;
    throw err;
  }
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
