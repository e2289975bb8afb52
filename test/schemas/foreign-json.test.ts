import test from "ava";
import fc from "fast-check";
import { z } from "zod";
import {
  ForeignJsonError,
  type ForeignJsonReason,
  parseForeignJson,
  storedObjectSchema,
} from "../../schemas/foreign-json.ts";
import { createRule } from "../../schemas/routes/automation.ts";
import { pushNotification } from "../../schemas/routes/notifications.ts";

const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const refused: [string, string | Uint8Array, ForeignJsonReason][] = [
  ["a text over the size", `"${"x".repeat(1_100)}"`, "too_large"],
  ["bytes that are not UTF-8", Uint8Array.of(0x22, 0xff, 0x22), "not_utf8"],
  ["half a text", '{"a":', "not_json"],
  ["an empty text", "", "not_json"],
  ["a byte order mark", "\ufeff{}", "not_json"],
  ["65 arrays", nested(65), "too_deep"],
  ["65 objects", `${'{"a":'.repeat(65)}1${"}".repeat(65)}`, "too_deep"],
  ["depth that a string seems to end", `["]]]",${nested(64)}]`, "too_deep"],
  ["depth behind an escaped quote", `["\\"]",${nested(64)}]`, "too_deep"],
  ["a NUL in a key", '{"a\\u0000b":1}', "nul_in_key"],
  ["a NUL in a deep key", '[{"a":[{"\\u0000":1}]}]', "nul_in_key"],
  ["a key of 513 characters", `{"${"k".repeat(513)}":1}`, "key_too_long"],
  ["a lone surrogate in a text", '["\\ud800"]', "lone_surrogate"],
  ["a lone surrogate in a key", '{"\\udc00":1}', "lone_surrogate"],
  ["__proto__", '{"__proto__":{}}', "prototype_key"],
  ["__proto__ in escapes", '{"\\u005f_proto__":{}}', "prototype_key"],
  ["constructor.prototype", '{"constructor":{"prototype":{}}}', "prototype_key"],
  ["a BSON type", '{"_bsontype":"ObjectId"}', "reserved_key"],
];

for (const [name, source, reason] of refused) {
  test(`${name} is refused as ${reason}`, (t) => {
    const error = t.throws(() => parseForeignJson(source, { bytes: 1_024 }), {
      instanceOf: ForeignJsonError,
    });
    t.is(error.reason, reason);
    t.is(error.status, reason === "too_large" ? 413 : 400);
  });
}

test("many values are refused before they are parsed", (t) => {
  for (const item of ["{}", "[]", "0", '""', '{"a":1}']) {
    const text = `[${`${item},`.repeat(2_000_000)}0]`;
    const error = t.throws(() => parseForeignJson(text), { instanceOf: ForeignJsonError });
    t.is(error.reason, "too_many_values");
  }
});

test("what JSON.parse reads, the gate reads alike", (t) => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => {
      let value: unknown;
      try {
        value = parseForeignJson(text);
      } catch (error) {
        t.true(error instanceof ForeignJsonError);
        return;
      }
      t.deepEqual(value, JSON.parse(text));
    }),
  );
});

test("an ordinary text passes: 64 levels, escapes, keys with dots and dollars, half a megabyte of text", (t) => {
  for (const text of [
    nested(64),
    '{"a.b":{"$ref":"#/$defs/x"},"\\u4e2d":"\\u0000"}',
    '"\\\\"',
    '{"a\\"":":"}',
  ])
    t.deepEqual(parseForeignJson(text), JSON.parse(text));
  t.notThrows(() => parseForeignJson(JSON.stringify({ content: '\\"\n'.repeat(200_000) })));
});

test("what becomes keys of a document takes no operators, however deep", (t) => {
  for (const [value, text] of [
    [{ a: { $ref: "x", $id: 1 } }, /不允许的字段名: \$ref/],
    [{ a: [{ "x\0y": 1 }] }, /NUL/],
    [JSON.parse(`{"a":${nested(64)}}`), /嵌套过深/],
    [{ a: Array.from({ length: 60_000 }, () => 0) }, /过多的值/],
  ] as const) {
    const { error } = storedObjectSchema.safeParse(value);
    t.regex(z.prettifyError(error as z.ZodError), text);
  }
  t.true(storedObjectSchema.safeParse({ "a.b": { c: [1, null, "\0"] } }).success);
});

test("a rule and a notification whose keys can't be stored are refused by their schemas", (t) => {
  const rule = { name: "r", trigger_type: "manual", actions: [] };
  t.true(createRule.body.safeParse(rule).success);
  for (const bad of [
    { trigger_config: { "a\0b": 1 } },
    { conditions: { $where: 1 } },
    { actions: [{ "\0": 1 }] },
  ])
    t.false(createRule.body.safeParse({ ...rule, ...bad }).success);
  const push = { user_id: "admin", type: "info", title: "t", body: "b" };
  t.false(pushNotification.body.safeParse({ ...push, data: { "a\0b": 1 } }).success);
});
