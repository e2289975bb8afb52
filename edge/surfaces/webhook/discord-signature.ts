import { createPublicKey, verify } from "node:crypto";
import type { RequestHead } from "../../http/request-head.ts";

/** How old a signature may be, and how far ahead of our clock, s: a captured request is worthless after that. */
const maxAgeS = 300;

/** A signature in the right form, and recent. */
interface Signature {
  bytes: Buffer;
  /** As it came: it is part of what is signed. */
  timestamp: string;
}

/** The signature of a request's head; undefined where it is missing, malformed, or not of now. */
export function signatureOf({ headers }: RequestHead, nowS = Date.now() / 1000): Signature | undefined {
  const signature = headers.get("x-signature-ed25519") ?? "";
  const timestamp = headers.get("x-signature-timestamp") ?? "";
  if (!/^[0-9a-fA-F]{128}$/.test(signature) || !/^\d{1,12}$/.test(timestamp)) return undefined;
  if (Math.abs(nowS - Number(timestamp)) > maxAgeS) return undefined;
  return { bytes: Buffer.from(signature, "hex"), timestamp };
}

/** Whether Discord has signed a request: Ed25519 over the timestamp and the body as it came. */
export function isSignedByDiscord(
  head: RequestHead,
  body: Uint8Array,
  publicKey: string | undefined,
): boolean {
  const signature = signatureOf(head);
  if (publicKey === undefined || signature === undefined) return false;
  try {
    const x = Buffer.from(publicKey, "hex").toString("base64url");
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    return verify(null, Buffer.concat([Buffer.from(signature.timestamp), body]), key, signature.bytes);
  } catch {
    return false;
  }
}
