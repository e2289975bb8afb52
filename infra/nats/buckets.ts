import { JetStreamApiError, jetstreamManager } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "nats";
import { streamPolicy } from "./stream-policy.ts";
import { adjustStream } from "./streams.ts";

const nameInUse = 10058;

/** Limits of a key-value bucket. */
export interface BucketOptions {
  /** History per key. */
  history?: number;
  /** TTL of a value, ms. */
  ttl?: number;
}

/** Opens a key-value bucket with this installation's replicas; creates it if missing. */
export async function openBucket(nc: NatsConnection, name: string, options: BucketOptions = {}): Promise<KV> {
  const bucket = await opened(() =>
    new Kvm(nc).create(name, { ...options, replicas: streamPolicy().replicas }),
  );
  await replicate(nc, `KV_${name}`);
  return bucket;
}

/**
 * Opens or creates a bucket. Of two concurrent creates, one finds the other's with its metadata already set.
 */
export async function opened<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (err) {
    if (!(err instanceof JetStreamApiError && err.code === nameInUse)) throw err;
    return open();
  }
}

const replicated = new WeakMap<NatsConnection, Set<string>>();

/** Raises the replicas of a bucket's stream to this installation's, once per connection. */
export async function replicate(nc: NatsConnection, stream: string): Promise<void> {
  const done = replicated.get(nc) ?? new Set();
  replicated.set(nc, done);
  if (done.has(stream)) return;
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  await adjustStream(jsm, await jsm.streams.info(stream), { name: stream });
  done.add(stream);
}
