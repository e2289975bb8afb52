import test from "ava";
import { messages } from "../../schemas/messages/index.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import { sources } from "../_kit/judge/sources.ts";

const built = Object.values(subjects).flatMap((subject) =>
  typeof subject === "string"
    ? subject
    : (subject as (...args: unknown[]) => string | string[])("x", "y", "z"),
);
const entries = messages.flatMap((area) => area.entries);

/** First tokens of all subjects. */
const roots = [
  ...new Set(
    [...built.flat(), ...entries.map(({ subject }) => subject)].map((subject) =>
      subject.split(".")[0]?.replace("$", "\\$"),
    ),
  ),
];

test("subjects are built and read in schemas/messages/ alone", (t) => {
  t.true(roots.length > 3);
  // A quoted text that begins with a subject's first token and a dot, and goes on as a subject does.
  const quoted = new RegExp(`["'\`](${roots.join("|")})\\.([\\w*>$.{}-]+)["'\`]`, "g");
  const wrong = sources()
    // The doctor asks the server itself, by the subjects of its own protocol.
    .filter(({ path }) => !path.startsWith("schemas/messages/") && !path.startsWith("infra/doctor/"))
    .flatMap(({ path, text }) =>
      [...withoutComments(text).matchAll(quoted)].map((match) => `${path}: ${match[0]}`),
    )
    // A field of an event, as rules name it.
    .filter((found) => !found.includes("event.data."))
    .filter((found) => !/\.(ts|js|json|md|log|py)["'`]$/.test(found));
  t.deepEqual(wrong, []);
});

test("each message of the table has a name of its own, a description, and somebody who sends and who gets it", (t) => {
  t.is(new Set(entries.map(({ name }) => name)).size, entries.length);
  for (const { name, doc, publishers, listeners } of entries) {
    t.regex(doc, /\.$/, name);
    t.true(publishers.length > 0 && listeners.length > 0, name);
  }
});

function withoutComments(text: string): string {
  return text.replace(/^\s*(\/\/|\/?\*).*$/gm, "");
}
