import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import test from "ava";
import { checkout, sources } from "../_kit/judge/sources.ts";

const all = sources();
const readmeLines = 15;
const adrLines = 60;

test("no file has a name that could hold anything", (t) => {
  const wrong = all
    .map(({ path }) => path)
    .filter((path) => {
      const name = basename(path).replace(/(\.test|\.bench)?(\.d)?\.ts$/, "");
      return /^(utils?|helpers?|manager|common|types|misc)$/.test(name);
    });
  t.deepEqual(wrong, []);
});

test("nobody writes to the console but the command line", (t) => {
  const wrong = all.filter(({ path, text }) => {
    const own = path.startsWith("infra/cli/") || path.startsWith("test/bench/");
    return !own && /^[^/*"'`\n]*\bconsole\.\w+\(/m.test(text);
  });
  t.deepEqual(
    wrong.map(({ path }) => path),
    [],
  );
});

test("tests wait for events: only the kit lets time pass", (t) => {
  const wrong = all.filter(({ path, text }) => {
    if (!path.endsWith(".test.ts")) return false;
    return (
      /setTimeout\(\s*(resolve|done|\(\)\s*=>\s*(resolve|done)\b)/.test(text) || /timers\/promises/.test(text)
    );
  });
  t.deepEqual(
    wrong.map(({ path }) => path),
    [],
  );
});

test("each room says in a README of at most 15 lines what enters and what leaves", (t) => {
  for (const room of ["schemas", "infra", "edge", "actors", "test"]) {
    const path = join(checkout, room, "README.md");
    t.true(existsSync(path), path);
    const text = readFileSync(path, "utf8");
    t.true(text.trimEnd().split("\n").length <= readmeLines, `${room}/README.md`);
    t.regex(text, /→/, `${room}/README.md shows the way of the data`);
  }
});

test("a decision has a number, a status, a context, a decision and consequences, on one page", (t) => {
  const folder = join(checkout, "infra/adr");
  const records = existsSync(folder) ? readdirSync(folder).filter((name) => name !== "README.md") : [];
  t.true(Array.isArray(records));
  for (const [index, name] of records.toSorted().entries()) {
    t.regex(name, /^\d{4}-[a-z0-9]+(-[a-z0-9]+)*\.md$/);
    t.is(Number(name.slice(0, 4)), index + 1, `${name}: numbers have no gap`);
    const text = readFileSync(join(folder, name), "utf8");
    t.true(text.trimEnd().split("\n").length <= adrLines, name);
    t.regex(text, /^Status: (proposed|accepted|superseded by \d{4}|rejected)$/m, name);
    for (const part of ["Context", "Decision", "Consequences"])
      t.regex(text, new RegExp(`^## ${part}$`, "m"), name);
  }
});

test("generated files are what their sources say", (t) => {
  const folders = ["schemas/gen", "infra/gen", "edge/client/gen"]
    .map((folder) => join(checkout, folder))
    .filter(existsSync);
  const inFolders = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  const written = [".env.example", "docs/messages.md"].map((path) => join(checkout, path));
  const generated = [...written, ...inFolders];
  const before = generated.map((path) => readFileSync(path, "utf8"));
  execFileSync(process.execPath, [join(checkout, "dist/infra/cli/gen.js")], { cwd: checkout });
  const stale = generated.filter((path, index) => readFileSync(path, "utf8") !== before[index]);
  // A test leaves the checkout as it found it.
  for (const [index, path] of generated.entries()) writeFileSync(path, before[index] ?? "");
  t.deepEqual(stale, []);
});
