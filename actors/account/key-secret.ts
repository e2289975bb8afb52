import { createHash, randomBytes } from "node:crypto";

/** Generates a key: a prefix for its kind, then 32 random bytes in base64url. */
export function newKey(prefix: "sk-" | "whk-"): string {
  return `${prefix}${randomBytes(32).toString("base64url")}`;
}

/** Hashes a key for storage: SHA-256, hex. */
export function hashOfKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
