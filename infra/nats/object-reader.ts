import type { JetStreamManager } from "@nats-io/jetstream";
import type { ObjectStore } from "@nats-io/obj";
import { subjects } from "../../schemas/messages/subjects.ts";
import { storedMessage } from "./stored-message.ts";

/** An object's bytes, read as they are wanted: the store's own reading takes all of them as fast as they come. */
export interface StoredObject {
  size: number;
  /** The bytes `from` … `to` - 1, all of them by default, one piece at a time. @throws Error when a piece is missing */
  read(from?: number, to?: number): AsyncGenerator<Uint8Array, void>;
}

/** Finds an object; null where there is none of this name. */
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

/** All bytes of an object; null where there is none of this name or it is larger than `maxBytes`. */
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
    if (piece === null) throw new Error(`object ${nuid} ends at ${at} of ${to} bytes`);
    seq = piece.seq + 1;
    const end = at + piece.data.length;
    if (end > from) yield piece.data.subarray(Math.max(0, from - at), Math.min(piece.data.length, to - at));
    at = end;
  }
}

/** From any replica; one that lags behind lacks what its leader has. */
async function next(jsm: JetStreamManager, stream: string, query: { seq: number; next_by_subj: string }) {
  return (await jsm.direct.getMessage(stream, query)) ?? (await storedMessage(jsm, stream, query));
}
