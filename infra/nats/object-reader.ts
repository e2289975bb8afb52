import type { JetStreamManager } from "@nats-io/jetstream";
import type { ObjectStore } from "@nats-io/obj";
import { subjects } from "../../schemas/messages/subjects.ts";
import { storedMessage } from "./stored-message.ts";

/** An object's bytes with backpressure: the object store's own reader delivers everything at once. */
export interface StoredObject {
  size: number;
  /**
   * The bytes `from` to `to` - 1, by default all, one chunk at a time.
   * @throws Error when a chunk is missing
   */
  read(from?: number, to?: number): AsyncGenerator<Uint8Array, void>;
}

/** Finds an object; null when missing. */
export async function openObject(
  jsm: JetStreamManager,
  store: ObjectStore,
  name: string,
): Promise<StoredObject | null> {
  const info = await store.info(name);
  if (info === null || info.deleted) return null;
  const { bucket, nuid, size } = info;
  return { size, read: (from = 0, to = size) => pieces(jsm, { bucket, nuid }, from, Math.min(to, size)) };
}

/** Reads a whole object; null when missing or larger than `maxBytes`. */
export async function objectBytes(
  jsm: JetStreamManager,
  store: ObjectStore,
  name: string,
  maxBytes: number,
): Promise<Buffer | null> {
  const object = await openObject(jsm, store, name);
  if (object === null || object.size > maxBytes) return null;
  const parts: Uint8Array[] = [];
  for await (const part of object.read()) parts.push(part);
  return Buffer.concat(parts);
}

async function* pieces(
  jsm: JetStreamManager,
  { bucket, nuid }: { bucket: string; nuid: string },
  from: number,
  to: number,
): AsyncGenerator<Uint8Array, void> {
  const subject = subjects.objectPieces(bucket, nuid);
  let at = 0;
  let seq = 1;
  while (at < to) {
    const piece = await next(jsm, `OBJ_${bucket}`, { seq, next_by_subj: subject });
    if (piece === null) throw new Error(`object ${nuid} truncated at ${at} of ${to} bytes`);
    seq = piece.seq + 1;
    const end = at + piece.data.length;
    if (end > from) yield piece.data.subarray(Math.max(0, from - at), Math.min(piece.data.length, to - at));
    at = end;
  }
}

/** A direct get from any replica; a lagging one may not have the message yet. */
async function next(jsm: JetStreamManager, stream: string, query: { seq: number; next_by_subj: string }) {
  return (await jsm.direct.getMessage(stream, query)) ?? (await storedMessage(jsm, stream, query));
}
