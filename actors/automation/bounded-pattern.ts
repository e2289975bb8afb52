import { createContext, Script } from "node:vm";
import { RuleFault } from "./rule-fault.ts";

const matchMs = 50;
const textChars = 20_000;
const globals = createContext({ pattern: "", text: "" });
const script = new Script("new RegExp(pattern, 'u').test(text)");

/**
 * Whether a user's regular expression matches a text. It is given 50 ms: some expressions take for ever.
 * @throws RuleFault when it can't be read or takes longer
 */
export function matchesPattern(pattern: string, text: string): boolean {
  globals.pattern = pattern;
  globals.text = text.slice(0, textChars);
  try {
    return script.runInContext(globals, { timeout: matchMs }) === true;
  } catch (cause) {
    const slow = (cause as { code?: string }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
    const why = slow ? "takes too long" : "can't be read";
    throw new RuleFault(`pattern ${why}: ${pattern.slice(0, 128)}`, cause);
  }
}
