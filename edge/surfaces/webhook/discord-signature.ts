import { createPublicKey, verify } from "node:crypto";
import type { RequestHead } from "../../http/request-head.ts";

/** Whether Discord has signed a request: Ed25519 over the timestamp and the body as it came. */
export function isSignedByDiscord(
  head: RequestHead,
  body: Uint8Array,
  publicKey: string | undefined,
): boolean {
  const signature = head.headers.get("x-signature-ed25519") ?? "";
  const timestamp = head.headers.get("x-signature-timestamp") ?? "";
  if (publicKey === undefined || timestamp === "" || !/^[0-9a-fA-F]{128}$/.test(signature)) return false;
  try {
    const x = Buffer.from(publicKey, "hex").toString("base64url");
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    return verify(null, Buffer.concat([Buffer.from(timestamp), body]), key, Buffer.from(signature, "hex"));
  } catch {
    return false;
  }
}
