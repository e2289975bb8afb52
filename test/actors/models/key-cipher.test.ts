import { randomBytes } from "node:crypto";
import test from "ava";
import { KeyCipher, maskKey } from "../../../actors/models/key-cipher.ts";

const key = "sk-0123456789abcd";

test("a sealed key opens for its own provider and base URL alone", (t) => {
  const cipher = new KeyCipher(randomBytes(32));
  const sealed = cipher.seal(key, "up", "https://a.example/v1");
  t.false(JSON.stringify(sealed).includes(key));
  t.is(cipher.open(sealed, "up", "https://a.example/v1"), key);
  t.is(cipher.open(sealed, "up", "https://b.example/v1"), undefined);
  t.is(cipher.open(sealed, "other", "https://a.example/v1"), undefined);
  t.is(new KeyCipher(randomBytes(32)).open(sealed, "up", "https://a.example/v1"), undefined);
  t.is(cipher.open({ ...sealed, data: "AAAA" }, "up", "https://a.example/v1"), undefined);
  t.not(cipher.seal(key, "up", "https://a.example/v1").data, sealed.data, "never the same twice");
});

test("a mask shows the ends of a long key and nothing of a short one", (t) => {
  t.is(maskKey(key), "sk-…abcd");
  t.is(maskKey("short"), "…");
  t.is(maskKey(""), "");
});
