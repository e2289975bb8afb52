import { createPublicKey, verify } from "node:crypto";
import type { RequestHead } from "../../http/request-head.ts";

/** Maximum age of a signature, and tolerated clock skew, s: prevents replays. */
const maxAgeS = 300;

/** A well-formed, recent signature. */
interface Signature {
  bytes: Buffer;
  /** As received: it is part of the signed data. */
  timestamp: string;
}

/** The signature of a request's head; undefined when missing, malformed or expired. */
export function signatureOf({ headers }: RequestHead, nowS = Date.now() / 1000): Signature | undefined {
  const signature = headers.get("x-signature-ed25519") ?? "";
  const timestamp = headers.get("x-signature-timestamp") ?? "";
  if (!/^[0-9a-fA-F]{128}$/.test(signature) || !/^\d{1,12}$/.test(timestamp)) return undefined;
  if (Math.abs(nowS - Number(timestamp)) > maxAgeS) return undefined;
  return { bytes: Buffer.from(signature, "hex"), timestamp };
}

/** Verifies Discord's signature: Ed25519 over the timestamp and the raw body. */
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
