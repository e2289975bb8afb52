import { createHash, randomBytes } from "node:crypto";

/** A new key: a prefix that names its kind, and 32 random bytes in base64url. */
export function newKey(prefix: "sk-" | "whk-"): string {
  return `${prefix}${randomBytes(32).toString("base64url")}`;
}

/** What is stored of a key: its SHA-256, hex. */
export function hashOfKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
