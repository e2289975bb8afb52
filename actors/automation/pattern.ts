import { RE2JS } from "re2js";
import { patternChars } from "../../schemas/documents/rule-parts.ts";
import { RuleFault } from "./rule-fault.ts";

/** Characters searched, and instructions of a pattern: together they bound one search to about 70 ms. */
const textChars = 10_000;
const instructions = 200;
const keptPatterns = 2_000;
const compiled = new Map<string, RE2JS>();

/**
 * Whether a user's regular expression matches a text, in linear time (RE2). Look-around and back references
 * of JavaScript are not supported.
 * @throws RuleFault when the pattern is invalid or too large
 */
export function matchesPattern(pattern: string, text: string): boolean {
  return compile(pattern).matcher(text.slice(0, textChars)).find();
}

/** @throws RuleFault when the pattern is invalid or too large */
export function assertPattern(pattern: string): void {
  compile(pattern);
}

function compile(pattern: string): RE2JS {
  const kept = compiled.get(pattern);
  if (kept !== undefined) return kept;
  if (pattern.length > patternChars) throw new RuleFault(`pattern longer than ${patternChars} characters`);
  const re2 = read(pattern);
  if (re2.programSize() > instructions)
    throw new RuleFault(
      `pattern too large: ${pattern.slice(0, 128)} (repetitions such as {1,500} count in full)`,
    );
  if (compiled.size >= keptPatterns) compiled.clear();
  compiled.set(pattern, re2);
  return re2;
}

function read(pattern: string): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern));
  } catch (cause) {
    const why = cause instanceof Error ? `: ${cause.message.slice(0, 128)}` : "";
    throw new RuleFault(`pattern can't be read: ${pattern.slice(0, 128)}${why}`, cause);
  }
}
