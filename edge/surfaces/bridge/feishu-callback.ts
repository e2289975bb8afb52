import { createDecipheriv, createHash, timingSafeEqual } from "node:crypto";
import { ParleyError } from "../../../schemas/errors.ts";
import { parseForeignJson } from "../../../schemas/foreign-json.ts";
import { feishuCallbackSchema } from "../../../schemas/wire/feishu.ts";
import type { RequestHead } from "../../http/request-head.ts";

const blockBytes = 16;
/** Older callbacks are rejected as replays. */
const freshMs = 300_000;

/**
 * Parses a callback of Feishu after checking its signature and decrypting it. The URL verification carries no
 * signature; successful decryption authenticates its sender.
 * @throws ParleyError `unauthorized` for an
 * invalid signature, an old timestamp or a wrong key; `invalid_json`
 */
export function readFeishuCallback(head: RequestHead, body: Buffer, encryptKey: string): unknown {
  const { encrypt } = feishuCallbackSchema.parse(parseForeignJson(body));
  const signature = head.headers.get("x-lark-signature");
  if (signature !== undefined) requireSignature(head, body, encryptKey, signature);
  const value = parseForeignJson(decrypt(encrypt, encryptKey));
  if (signature === undefined && !isChallenge(value)) throw refused("callback has no signature");
  return value;
}

function requireSignature(head: RequestHead, body: Buffer, encryptKey: string, signature: string): void {
  const timestamp = head.headers.get("x-lark-request-timestamp") ?? "";
  const nonce = head.headers.get("x-lark-request-nonce") ?? "";
  const age = Math.abs(Date.now() - Number(timestamp) * 1_000);
  if (!(age <= freshMs)) throw refused("callback is too old");
  const expected = createHash("sha256")
    .update(timestamp + nonce + encryptKey)
    .update(body)
    .digest();
  const given = Buffer.from(signature, "hex");
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw refused("signature is wrong");
}

/** AES-256-CBC; the key is the SHA-256 of the encrypt key, the IV the first block. */
function decrypt(encrypt: string, encryptKey: string): string {
  try {
    const bytes = Buffer.from(encrypt, "base64");
    const key = createHash("sha256").update(encryptKey).digest();
    const decipher = createDecipheriv("aes-256-cbc", key, bytes.subarray(0, blockBytes));
    return Buffer.concat([decipher.update(bytes.subarray(blockBytes)), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw refused("callback can't be decrypted", cause);
  }
}

function isChallenge(value: unknown): boolean {
  return typeof value === "object" && value !== null && "type" in value && value.type === "url_verification";
}

function refused(reason: string, cause?: unknown): ParleyError {
  return new ParleyError("unauthorized", {
    error: "Webhook 密钥无效",
    hint: `FEISHU_ENCRYPT_KEY: ${reason}`,
    cause,
  });
}
