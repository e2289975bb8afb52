import { ParleyError } from "../../schemas/errors.ts";

/**
 * Whether a payload exceeds `maxBytes`. A UTF-16 unit is at most three UTF-8 bytes, so most need no count.
 */
export function isLarge(payload: string, maxBytes: number): boolean {
  return payload.length * 3 > maxBytes && Buffer.byteLength(payload) > maxBytes;
}

/**
 * Rejects a payload that exceeds the size of a NATS message. Binary content (data URIs, audio) has been moved
 * to objects by now.
 * @throws ParleyError `payload_too_large` that names the field
 */
export function refuseLarge(payload: string, maxBytes: number, field: string): void {
  if (!isLarge(payload, maxBytes)) return;
  throw new ParleyError("payload_too_large", {
    error: `请求体过大: ${field}`,
    hint: `${field} 及其余内容合计不得超过 ${Math.floor(maxBytes / 1024)} KiB`,
  });
}
