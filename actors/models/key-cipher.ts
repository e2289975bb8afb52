import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { SealedKey } from "../../schemas/documents/model-settings.ts";

const algorithm = "aes-256-gcm";
const ivBytes = 12;

/**
 * Encrypts provider keys. A sealed key is bound to its provider and base URL, so that editing the database
 * can't send it to another address.
 */
export class KeyCipher {
  readonly #key: Buffer;

  /** `key`: 32 bytes. */
  constructor(key: Buffer) {
    this.#key = key;
  }

  seal(apiKey: string, provider: string, baseUrl: string): SealedKey {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv(algorithm, this.#key, iv).setAAD(owner(provider, baseUrl));
    const data = Buffer.concat([cipher.update(apiKey, "utf8"), cipher.final()]);
    return {
      iv: iv.toString("base64"),
      tag: cipher.getAuthTag().toString("base64"),
      data: data.toString("base64"),
    };
  }

  /** Decrypts a key; undefined when it was sealed with another encryption key or for another address. */
  open(sealed: SealedKey, provider: string, baseUrl: string): string | undefined {
    try {
      const decipher = createDecipheriv(algorithm, this.#key, Buffer.from(sealed.iv, "base64"))
        .setAAD(owner(provider, baseUrl))
        .setAuthTag(Buffer.from(sealed.tag, "base64"));
      const data = Buffer.from(sealed.data, "base64");
      return Buffer.concat([decipher.update(data), decipher.final()]).toString("utf8");
    } catch {
      return undefined;
    }
  }
}

/** Masks a key for display: `sk-…abcd`, or only dots for a short one. */
export function maskKey(apiKey: string): string {
  if (apiKey === "") return "";
  return apiKey.length < 12 ? "…" : `${apiKey.slice(0, 3)}…${apiKey.slice(-4)}`;
}

function owner(provider: string, baseUrl: string): Buffer {
  return Buffer.from(`${provider}\n${baseUrl}`);
}
