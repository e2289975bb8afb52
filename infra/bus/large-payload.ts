import { ParleyError } from "../../schemas/errors.ts";

/** Whether a payload takes more than `maxBytes`. A UTF-16 unit is at most three bytes of UTF-8, so most need no count. */
export function isLarge(payload: string, maxBytes: number): boolean {
  return payload.length * 3 > maxBytes && Buffer.byteLength(payload) > maxBytes;
}

/**
 * The one place that decides about a payload that is too large for a NATS message: bytes in it (data URIs, audio) have
 * become objects by now, so that what is left is refused.
 * @throws ParleyError `payload_too_large` that names the field
 */
export function refuseLarge(payload: string, maxBytes: number, field: string): void {
  if (!isLarge(payload, maxBytes)) return;
  throw new ParleyError("payload_too_large", {
    error: `请求体过大: ${field}`,
    hint: `${field} 及其余内容合计不得超过 ${Math.floor(maxBytes / 1024)} KiB`,
  });
}
