import test from "ava";
import { subjects } from "../../schemas/messages/subjects.ts";
import { sources } from "../_kit/judge/sources.ts";

/** First tokens of all subjects. */
const roots = [
  ...new Set(
    Object.values(subjects).flatMap((subject) => {
      const made =
        typeof subject === "string"
          ? subject
          : (subject as (...args: unknown[]) => string | string[])("x", "y", "z");
      return [made].flat().map((text) => text.split(".")[0]?.replace("$", "\\$"));
    }),
  ),
];

test("subjects are built and read in schemas/messages/subjects.ts alone", (t) => {
  t.true(roots.length > 3);
  // A quoted text that begins with a subject's first token and a dot, and goes on as a subject does.
  const quoted = new RegExp(`["'\`](${roots.join("|")})\\.([\\w*>$.{}-]+)["'\`]`, "g");
  const wrong = sources()
    .filter(({ path }) => path !== "schemas/messages/subjects.ts")
    .flatMap(({ path, text }) =>
      [...withoutComments(text).matchAll(quoted)].map((match) => `${path}: ${match[0]}`),
    )
    .filter((found) => !/\.(ts|js|json|md|log)["'`]$/.test(found));
  t.deepEqual(wrong, []);
});

function withoutComments(text: string): string {
  return text.replace(/^\s*(\/\/|\/?\*).*$/gm, "");
}
