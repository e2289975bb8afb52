import { UnreadableError } from "./unreadable-error.ts";

const maxDepth = 64;

/**
 * JSON, or a JSON value on each line, as lines of `path: value`; numbers keep their notation. @throws
 * UnreadableError
 */
export function jsonToText(json: string): string {
  const text = json.trim();
  try {
    return linesOf(parsed(text)).join("\n");
  } catch (cause) {
    const records = recordsOf(text);
    if (records === undefined) throw new UnreadableError("不是有效的 JSON", cause);
    return records.map((record) => linesOf(record).join("; ")).join("\n");
  }
}

/** Matches numbers; strings are matched to skip them. */
const token = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const numberMark = "\0#";

/** Parses JSON with numbers as marked strings, to keep their digits. @throws SyntaxError */
function parsed(json: string): unknown {
  return JSON.parse(json.replace(token, (found) => (found.startsWith('"') ? found : `"\\u0000#${found}"`)));
}

/** The values of JSON Lines; undefined if most lines are invalid. The last line may be truncated. */
function recordsOf(text: string): unknown[] | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length < 2) return undefined;
  const records: unknown[] = [];
  for (const [i, line] of lines.entries()) {
    try {
      records.push(parsed(line));
    } catch {
      if (i < lines.length - 1) return undefined;
    }
  }
  return records;
}

function linesOf(root: unknown): string[] {
  const lines: string[] = [];
  const walk = (value: unknown, path: string, depth: number): void => {
    const line = (text: string) => lines.push(path === "" ? text : `${path}: ${text}`);
    if (typeof value === "string")
      line(value.startsWith(numberMark) ? value.slice(numberMark.length) : value);
    else if (typeof value !== "object" || value === null) line(String(value));
    else if (depth > maxDepth) lines.push(`${path}: …`);
    else if (Array.isArray(value))
      for (const [i, item] of value.entries()) walk(item, `${path}[${i}]`, depth + 1);
    else
      for (const [key, item] of Object.entries(value))
        walk(item, path === "" ? key : `${path}.${key}`, depth + 1);
  };
  walk(root, "", 0);
  return lines;
}
