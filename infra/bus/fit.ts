/** Maximum halvings of a value: 2^40 times the limit is more than a process can hold. */
const mostCuts = 40;

/**
 * A value as JSON; `cut`: original bytes, if truncated. `bytes` may be the number of characters for small
 * texts.
 */
export interface Fitted {
  text: string;
  bytes: number;
  cut?: number;
}

/**
 * Encodes a value in at most `maxBytes`. A message over the bus limit can never be delivered, so the largest
 * text or list is halved until it fits: its reader gets a shorter value of the same schema.
 */
export function encodeWithin(value: unknown, maxBytes: number): Fitted {
  const text = JSON.stringify(value);
  // A UTF-16 unit is at most three UTF-8 bytes, so most texts need no count.
  if (text.length * 3 <= maxBytes) return { text, bytes: text.length };
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return { text, bytes };
  let copy: unknown = JSON.parse(text);
  for (let cuts = 0; cuts < mostCuts; cuts++) {
    copy = halved(copy);
    const shorter = JSON.stringify(copy);
    const now = Buffer.byteLength(shorter);
    if (now <= maxBytes) return { text: shorter, bytes: now, cut: bytes };
  }
  throw new RangeError(`value of ${bytes} bytes can't be cut to ${maxBytes}`);
}

/** Halves the largest part of a value; objects and lists may be modified in place. */
function halved(value: unknown): unknown {
  if (typeof value === "string") return wellFormed(value.slice(0, value.length >> 1));
  if (typeof value !== "object" || value === null) return value;
  const parts = value as Record<string, unknown>;
  let largest = "";
  let most = 0;
  let sum = 0;
  for (const [key, part] of Object.entries(parts)) {
    const size = JSON.stringify(part)?.length ?? 0;
    sum += size;
    if (size > most) [largest, most] = [key, size];
  }
  if (Array.isArray(value) && most < sum / 2) return value.slice(0, value.length >> 1);
  parts[largest] = halved(parts[largest]);
  return parts;
}

/** Removes half a surrogate pair at the end. */
function wellFormed(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}
