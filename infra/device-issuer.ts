import { createHmac } from "node:crypto";
import { fromSeed, type KeyPair } from "@nats-io/nkeys";

/** The embedded server's system user, with the same password: it can close connections. */
export const systemUser = "parley_system";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** First bytes of an account's seed: the kind "seed" and the kind of key, five bits each side. */
const accountSeedPrefix = [18 << 3, 0];

/**
 * The key that signs device logins. It is derived from our own processes' password, so that the server's
 * configuration (which has the public key) and every actor process agree without another secret.
 */
export function deviceIssuer(natsPassword: string): KeyPair {
  const raw = createHmac("sha256", natsPassword).update("parley device log-in").digest();
  return fromSeed(new TextEncoder().encode(encodeSeed(raw)));
}

/** A NATS seed (github.com/nats-io/nkeys): prefix, key and CRC-16/XMODEM in base 32. */
function encodeSeed(raw: Uint8Array): string {
  const body = Uint8Array.from([...accountSeedPrefix, ...raw]);
  const crc = crc16(body);
  const bytes = [...body, crc & 0xff, crc >> 8];
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(value >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text;
}

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc;
}
