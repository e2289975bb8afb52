import test from "ava";
import { sources } from "../_kit/judge/sources.ts";

/** A call of a logger, with the source text of its arguments. */
interface LogCall {
  /** `<path>:<line>` */
  at: string;
  level: string;
  args: string[];
}

const call = /\b\w*(?:log|Log|logger)\??\s*\.(debug|info|warn|error)\(/g;
const wording =
  /\b(he|him|his|anew|whoever|told|tells|of itself|by itself|belongs into|(an)?other form|takes what comes|so long|goes on|made again|not begun)\b/i;

const calls = sources()
  .filter(
    ({ path, room }) => room !== "test" && room !== "schemas" && !/^edge\/(client|console)\//.test(path),
  )
  .flatMap(({ path, text }) =>
    [...text.matchAll(call)].map(
      (match): LogCall => ({
        at: `${path}:${text.slice(0, match.index).split("\n").length}`,
        level: match[1] ?? "",
        args: argumentsFrom(text, match.index + match[0].length),
      }),
    ),
  );

/** Splits the arguments of a call, from the character after its opening parenthesis. */
function argumentsFrom(text: string, start: number): string[] {
  const args: string[] = [];
  let depth = 0;
  let quote = "";
  let from = start;
  for (let at = start; at < text.length; at++) {
    const char = text[at] ?? "";
    if (quote !== "") {
      if (char === "\\") at += 1;
      else if (char === quote) quote = "";
    } else if (`"'\``.includes(char)) quote = char;
    else if ("([{".includes(char)) depth += 1;
    else if ((char === "," || char === ")") && depth === 0) {
      args.push(text.slice(from, at).trim());
      from = at + 1;
      if (char === ")") break;
    } else if (")]}".includes(char)) depth -= 1;
  }
  return args.filter((arg) => arg !== "");
}

/** Places of the calls that break a rule. */
function wrong(breaks: (call: LogCall) => boolean): string[] {
  return calls.filter(breaks).map(({ at, args }) => `${at}: ${args.at(-1)}`);
}

test("log calls are found", (t) => {
  t.true(calls.length > 100, `${calls.length} calls`);
});

test("log messages are constant strings", (t) => {
  t.deepEqual(
    wrong(({ args }) => !/^"[^"]*"$/.test(args.at(-1) ?? "")),
    [],
  );
});

test("warnings and errors carry fields", (t) => {
  t.deepEqual(
    wrong(
      ({ level, args }) => /warn|error/.test(level) && (args.length !== 2 || !/^[{\w]/.test(args[0] ?? "")),
    ),
    [],
  );
});

test("log messages are in plain technical English", (t) => {
  t.deepEqual(
    wrong(({ args }) => wording.test(args.at(-1) ?? "")),
    [],
  );
});
