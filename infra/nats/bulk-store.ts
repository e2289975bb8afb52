import { type ObjectStore, Objm } from "@nats-io/obj";
import { type NatsConnection, nanos } from "nats";
import { opened, replicate } from "./buckets.ts";
import { streamPolicy } from "./stream-policy.ts";

const hourMs = 3_600_000;
const GiB = 1024 ** 3;

/** Bytes of spoken texts that are kept. */
export const speechStoreBytes = 2 * GiB;

const options = {
  bulk: { ttl: nanos(hourMs) },
  files: {},
  speech: { ttl: nanos(7 * 24 * hourMs), max_bytes: speechStoreBytes },
};

/** The object store for bytes that are too large for a message; what is in it goes away after an hour. */
export function openBulkStore(nc: NatsConnection): Promise<ObjectStore> {
  return openStore(nc, "bulk");
}

/** An object store: `bulk`, `files`, which keeps what it holds, or `speech`, which forgets it after a week. */
export async function openStore(nc: NatsConnection, bucket: keyof typeof options): Promise<ObjectStore> {
  // A copy: the client changes what it is given.
  const { replicas } = streamPolicy();
  const store = await opened(() => new Objm(nc).create(bucket, { ...options[bucket], replicas }));
  await replicate(nc, `OBJ_${bucket}`);
  return store;
}
