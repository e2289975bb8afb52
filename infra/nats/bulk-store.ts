import { type ObjectStore, Objm } from "@nats-io/obj";
import { type NatsConnection, nanos } from "nats";
import { opened, replicate } from "./buckets.ts";
import { streamPolicy } from "./stream-policy.ts";

const hourMs = 3_600_000;
const GiB = 1024 ** 3;

/** Capacity for spoken texts, bytes. */
export const speechStoreBytes = 2 * GiB;

const options = {
  bulk: { ttl: nanos(hourMs) },
  files: {},
  speech: { ttl: nanos(7 * 24 * hourMs), max_bytes: speechStoreBytes },
};

/** The object store for payloads too large for a message; its TTL is one hour. */
export function openBulkStore(nc: NatsConnection): Promise<ObjectStore> {
  return openStore(nc, "bulk");
}

/** An object store: `bulk`, `files` without a TTL, or `speech` with a TTL of one week. */
export async function openStore(nc: NatsConnection, bucket: keyof typeof options): Promise<ObjectStore> {
  // A copy: the client modifies its input.
  const { replicas } = streamPolicy();
  const store = await opened(() => new Objm(nc).create(bucket, { ...options[bucket], replicas }));
  await replicate(nc, `OBJ_${bucket}`);
  return store;
}
