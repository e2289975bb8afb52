import test from "ava";
import { variables } from "../../schemas/config.ts";
import { limitsSchema } from "../../schemas/limits.ts";
import { sources } from "../_kit/judge/sources.ts";

/** Program text that may read a setting: all but the descriptions of the settings and the tests. */
const program = sources()
  .filter(({ path, room }) => room !== "test" && !/^schemas\/(limits|config)\.ts$/.test(path))
  .map(({ text }) => text)
  .join("\n");

test("every limit has a reader", (t) => {
  const unread = Object.keys(limitsSchema.shape).filter((name) => !new RegExp(`\\b${name}\\b`).test(program));
  t.deepEqual(unread, []);
});

test("every setting has a description", (t) => {
  const silent = variables.filter(({ doc }) => doc.trim() === "").map(({ name }) => name);
  t.deepEqual(silent, []);
});
