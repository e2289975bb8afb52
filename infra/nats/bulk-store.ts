import { type ObjectStore, Objm } from "@nats-io/obj";
import { type NatsConnection, nanos } from "nats";

const keepMs = 3_600_000;

/** The object store for bytes that are too large for a message; what is in it goes away after an hour. */
export function openBulkStore(nc: NatsConnection): Promise<ObjectStore> {
  return openStore(nc, "bulk");
}

/** An object store: `bulk`, or `files`, which keeps what it holds. */
export function openStore(nc: NatsConnection, bucket: "bulk" | "files"): Promise<ObjectStore> {
  return new Objm(nc).create(bucket, bucket === "bulk" ? { ttl: nanos(keepMs) } : {});
}
