import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../_kit/judge/sources.ts";

const read = (name: string) => readFileSync(join(checkout, name), "utf8");
const english = read("README.md");
const chinese = read("README.zh-CN.md");

/** Commands of the fenced blocks, without what is said about them. The drawing of the data flow is no command. */
function commands(text: string): string[] {
  return [...text.matchAll(/^```\n([\s\S]*?)^```/gm)]
    .flatMap(([, block = ""]) => block.split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => /^(make|node|export|[A-Z_]+=)/.test(line));
}

test("both READMEs have the same headings, by number and level", (t) => {
  const levels = (text: string) => [...text.matchAll(/^(#+) /gm)].map(([, marks]) => marks);
  t.deepEqual(levels(chinese), levels(english));
});

test("both READMEs give the same commands", (t) => {
  t.true(commands(english).length >= 5);
  t.deepEqual(commands(chinese), commands(english));
});

test("both READMEs name the same make targets, settings, pictures and files", (t) => {
  const named = (text: string) => {
    const code = [...text.matchAll(/`((?:make |EXTRAS|GET )[^`]+|\w+(?:-\w+)*)`/g)].map(([, one]) => one);
    const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, one]) => one);
    return [...new Set([...code, ...links])]
      .filter((one) => one !== undefined && !/^README/.test(one))
      .sort();
  };
  t.deepEqual(named(chinese), named(english));
});
