import { z } from "zod";

/** Ids that a client may choose (session, device, client) and every id that becomes a NATS token. */
export const idPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** An id that is safe as one NATS subject token and as part of a document key. */
export const idSchema = z.string().regex(idPattern, "must match ^[A-Za-z0-9_-]{1,64}$");

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** A random id `<prefix><length characters of 6 bits>`; 12 characters hold 72 bits. */
export function newId(prefix: string, length = 12): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  let id = prefix;
  for (const byte of bytes) id += alphabet[byte & 63];
  return id;
}
