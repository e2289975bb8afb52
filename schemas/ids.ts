import { z } from "zod";

/** Ids that a client may choose (session, device, client) and every id that becomes a NATS token. */
export const idPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** An id that is safe as one NATS subject token and as part of a document key. */
export const idSchema = z.string().regex(idPattern, "must match ^[A-Za-z0-9_-]{1,64}$");

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Random bytes are fetched in one go for many ids: a call costs far more than its bytes. */
const pool = new Uint8Array(4_096);
let used = pool.length;

/** A random id `<prefix><length characters of 6 bits>`; 12 characters hold 72 bits. */
export function newId(prefix: string, length = 12): string {
  if (used + length > pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  let id = prefix;
  for (let end = used + length; used < end; used++) id += alphabet[(pool[used] ?? 0) & 63];
  return id;
}
