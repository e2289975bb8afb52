import { ParleyError } from "../../schemas/errors.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });
/** Deepest nesting of arrays and objects that is read. */
const maxDepth = 64;
const suspicious = /__proto__|constructor|\\u/;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Parses JSON from a client. What a lenient reader would let through to surprise a later one is refused: bytes that
 * are not UTF-8, lone surrogates, nesting over 64, and keys that reach an object's prototype.
 * @throws ParleyError `invalid_json`
 */
export function parseJson(bytes: Uint8Array): unknown {
  return parseJsonText(() => decoder.decode(bytes));
}

/** The same for a text that is known to be UTF-8. @throws ParleyError `invalid_json` */
export function parseJsonText(read: string | (() => string)): unknown {
  try {
    return parse(typeof read === "string" ? read : read());
  } catch (cause) {
    throw cause instanceof ParleyError ? cause : new ParleyError("invalid_json", { cause });
  }
}

function parse(text: string): unknown {
  // Before the parse: a parser that recurses, and the walk below, must not meet ten thousand levels.
  if (depth(text) > maxDepth) throw new ParleyError("invalid_json", { error: "JSON 嵌套过深" });
  const value: unknown = JSON.parse(text);
  if (suspicious.test(text)) walk(value);
  return value;
}

function depth(text: string): number {
  let level = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (quoted) {
      if (code === 0x5c) i++;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++level);
    else if (code === 0x7d || code === 0x5d) level--;
  }
  return deepest;
}

function walk(value: unknown): void {
  if (typeof value === "string" && loneSurrogate.test(value)) {
    throw new ParleyError("invalid_json", { error: "JSON 含有无效的 Unicode 字符" });
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const reachesPrototype =
      key === "__proto__" ||
      (key === "constructor" &&
        typeof inner === "object" &&
        inner !== null &&
        Object.hasOwn(inner, "prototype"));
    if (reachesPrototype) throw new ParleyError("invalid_json", { error: `不允许的字段名: ${key}` });
    if (loneSurrogate.test(key)) throw new ParleyError("invalid_json");
    walk(inner);
  }
}
