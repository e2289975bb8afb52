import { randomUUID } from "node:crypto";
import type { NatsConnection } from "nats";
import { openBulkStore } from "./bulk-store.ts";

/** Stores a payload too large for a message; returns its name in the bulk store. */
export async function putAside(nc: NatsConnection, payload: string): Promise<string> {
  const name = randomUUID();
  await (await openBulkStore(nc)).putBlob({ name }, new TextEncoder().encode(payload));
  return name;
}

/** Loads and deletes a stored payload; undefined when missing. */
export async function takeBack(nc: NatsConnection, name: string): Promise<string | undefined> {
  const store = await openBulkStore(nc);
  const bytes = await store.getBlob(name);
  if (bytes === null) return undefined;
  await store.delete(name);
  return new TextDecoder().decode(bytes);
}
