import { JetStreamApiError, jetstreamManager } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "nats";
import { streamPolicy } from "./stream-policy.ts";
import { adjustStream } from "./streams.ts";

const nameInUse = 10058;

/** Bounds of a key-value bucket. */
export interface BucketOptions {
  /** Values kept of each key. */
  history?: number;
  /** Age at which a value goes, ms. */
  ttl?: number;
}

/** Opens a key-value bucket with as many replicas as this installation has; makes it where it is missing. */
export async function openBucket(nc: NatsConnection, name: string, options: BucketOptions = {}): Promise<KV> {
  const bucket = await opened(() =>
    new Kvm(nc).create(name, { ...options, replicas: streamPolicy().replicas }),
  );
  await replicate(nc, `KV_${name}`);
  return bucket;
}

/** Opens or makes a bucket; of two that make it at once, one finds the other's with a stamp in its metadata already. */
export async function opened<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (err) {
    if (!(err instanceof JetStreamApiError && err.code === nameInUse)) throw err;
    return open();
  }
}

const replicated = new WeakMap<NatsConnection, Set<string>>();

/** Brings the stream of a bucket that was made with fewer replicas to those of this installation, once a connection. */
export async function replicate(nc: NatsConnection, stream: string): Promise<void> {
  const done = replicated.get(nc) ?? new Set();
  replicated.set(nc, done);
  if (done.has(stream)) return;
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  await adjustStream(jsm, await jsm.streams.info(stream), { name: stream });
  done.add(stream);
}
