import { generateKeyPairSync, sign } from "node:crypto";
import test from "ava";
import type { RequestHead } from "../../../../edge/http/request-head.ts";
import { isSignedByDiscord, signatureOf } from "../../../../edge/surfaces/webhook/discord-signature.ts";

const keys = generateKeyPairSync("ed25519");
const publicKey = Buffer.from(String(keys.publicKey.export({ format: "jwk" }).x), "base64url").toString(
  "hex",
);
const body = Buffer.from('{"type":1}');

function signed(timestamp: string): RequestHead {
  const signature = sign(null, Buffer.concat([Buffer.from(timestamp), body]), keys.privateKey).toString(
    "hex",
  );
  const headers = new Map([
    ["x-signature-ed25519", signature],
    ["x-signature-timestamp", timestamp],
  ]);
  return { headers } as unknown as RequestHead;
}

const now = Math.floor(Date.now() / 1000);
const cases: [string, string, boolean][] = [
  ["now", String(now), true],
  ["four minutes old", String(now - 240), true],
  ["four minutes ahead", String(now + 240), true],
  ["six minutes old", String(now - 360), false],
  ["six minutes ahead", String(now + 360), false],
  ["a year old", String(now - 365 * 86_400), false],
  ["milliseconds", String(now * 1000), false],
  ["no number", "x", false],
  ["a number with a sign", `+${now}`, false],
  ["a fraction", `${now}.5`, false],
  ["empty", "", false],
];

for (const [name, timestamp, good] of cases)
  test(`a right signature with a timestamp that is ${name} is ${good ? "taken" : "refused"}`, (t) => {
    const head = signed(timestamp);
    t.is(signatureOf(head) !== undefined, good);
    t.is(isSignedByDiscord(head, body, publicKey), good);
    t.false(isSignedByDiscord(head, Buffer.from("{}"), publicKey));
  });
