import { z } from "zod";
import { ParleyError } from "./errors.ts";

/** Reason why foreign JSON was rejected; shown to the sender in {@link ForeignJsonError}. */
export type ForeignJsonReason =
  | "too_large"
  | "not_utf8"
  | "not_json"
  | "too_deep"
  | "too_many_values"
  | "key_too_long"
  | "nul_in_key"
  | "lone_surrogate"
  | "prototype_key"
  | "reserved_key";

/** Limits of one JSON text or value. */
export interface ForeignJsonBounds {
  /** Size of the text, bytes of UTF-8. */
  bytes: number;
  /** Nesting of arrays and objects. */
  depth: number;
  /** Brackets and commas, which limit the number of values: parse time depends on values, not bytes. */
  values: number;
  /** UTF-16 units of a key. */
  keyChars: number;
}

/** Default limits; the size is set by each caller. */
const foreignJsonBounds: ForeignJsonBounds = {
  bytes: Number.POSITIVE_INFINITY,
  depth: 64,
  values: 50_000,
  keyChars: 512,
};

const texts: Record<ForeignJsonReason, string> = {
  too_large: "JSON 过大",
  not_utf8: "JSON 不是有效的 UTF-8",
  not_json: "请求体不是有效的 JSON",
  too_deep: "JSON 嵌套过深",
  too_many_values: "JSON 含有过多的值",
  key_too_long: "JSON 字段名过长",
  nul_in_key: "JSON 字段名含有 NUL 字符",
  lone_surrogate: "JSON 含有无效的 Unicode 字符",
  prototype_key: "不允许的字段名",
  reserved_key: "不允许的字段名",
};

/** Rejected foreign JSON: `invalid_json` (400), or `payload_too_large` (413) for the reason `too_large`. */
export class ForeignJsonError extends ParleyError {
  readonly reason: ForeignJsonReason;

  constructor(reason: ForeignJsonReason, detail?: string, cause?: unknown) {
    const error = detail === undefined ? texts[reason] : `${texts[reason]}: ${detail}`;
    super(reason === "too_large" ? "payload_too_large" : "invalid_json", { error, cause });
    this.name = "ForeignJsonError";
    this.reason = reason;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });
/** Triggers the full check: keys of the prototype or of BSON, or an escape. */
const suspicious = /__proto__|constructor|_bsontype|\\u/;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Parses JSON of a client, device, provider or model: the only parser for external JSON. Size, depth and
 * number of values are checked before it is parsed.
 * @throws ForeignJsonError with the reason
 */
export function parseForeignJson(
  source: string | Uint8Array,
  given: Partial<ForeignJsonBounds> = {},
): unknown {
  const bounds = { ...foreignJsonBounds, ...given };
  // A UTF-16 unit is at least one byte of UTF-8.
  if (source.length > bounds.bytes) throw new ForeignJsonError("too_large");
  const text = typeof source === "string" ? source : decode(source);
  const keyChars = scan(text, bounds);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ForeignJsonError("not_json", undefined, cause);
  }
  if (keyChars > bounds.keyChars || suspicious.test(text) || !text.isWellFormed()) walk(value, bounds, 1);
  return value;
}

/**
 * An object whose keys become keys of a MongoDB document: a rule's `trigger_config`, `conditions` and `actions`, the
 * event of a manual run, the `data` of a notification, a device's state and commands, a discovery document. There keys
 * that begin with `$` are refused as well: the driver reads `$ref` and `$id` as a DBRef, and a pipeline would run others.
 * Keys with dots are stored as they are; no update path is ever built from one.
 */
export const storedObjectSchema = z.record(z.string(), z.unknown()).superRefine(refuseUnstorable);

/** The same rules for any stored value. */
export const storedValueSchema = z.unknown().superRefine(refuseUnstorable);

/** The check of {@link storedObjectSchema}, for schemas of their own. */
export function refuseUnstorable(value: unknown, ctx: z.RefinementCtx): void {
  try {
    walk(value, foreignJsonBounds, 1, { left: foreignJsonBounds.values, stored: true });
  } catch (cause) {
    if (!(cause instanceof ForeignJsonError)) throw cause;
    ctx.addIssue({ code: "custom", message: cause.message, params: { reason: cause.reason } });
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new ForeignJsonError("not_utf8", undefined, cause);
  }
}

/**
 * Counts nesting, brackets and commas up to their limits. Returns the length of the longest key as written
 * (with escapes).
 */
function scan(text: string, bounds: ForeignJsonBounds): number {
  let level = 0;
  let values = 1;
  let keyChars = 0;
  let stringChars = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: {
        const end = endOfString(text, at);
        stringChars = end - at - 1;
        at = end;
        break;
      }
      case 0x3a:
        if (stringChars > keyChars) keyChars = stringChars;
        break;
      case 0x7b:
      case 0x5b:
        values += 1;
        level += 1;
        if (level > bounds.depth) throw new ForeignJsonError("too_deep");
        break;
      case 0x7d:
      case 0x5d:
        level -= 1;
        break;
      case 0x2c:
        values += 1;
        break;
    }
    if (values > bounds.values) throw new ForeignJsonError("too_many_values");
  }
  return keyChars;
}

/** Index of the quote that ends the string starting at `start`; the end of the text if unterminated. */
function endOfString(text: string, start: number): number {
  const quote = text.indexOf('"', start + 1);
  if (quote === -1) return text.length;
  // Most strings have no escapes: long ones (images) then need a single search.
  if (text.charCodeAt(quote - 1) !== 0x5c) return quote;
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at;
  }
  return text.length;
}

interface Walk {
  /** Number of values still allowed. */
  left: number;
  stored: boolean;
}

function walk(value: unknown, bounds: ForeignJsonBounds, level: number, state?: Walk): void {
  if (typeof value === "string" && loneSurrogate.test(value)) throw new ForeignJsonError("lone_surrogate");
  if (typeof value !== "object" || value === null) return;
  if (level > bounds.depth) throw new ForeignJsonError("too_deep");
  const entries = Array.isArray(value) ? value : Object.values(value);
  if (state !== undefined) {
    state.left -= entries.length + 1;
    if (state.left < 0) throw new ForeignJsonError("too_many_values");
  }
  if (!Array.isArray(value)) checkKeys(value, bounds, state?.stored ?? false);
  for (const inner of entries) walk(inner, bounds, level + 1, state);
}

function checkKeys(object: object, { keyChars }: ForeignJsonBounds, stored: boolean): void {
  for (const [key, inner] of Object.entries(object)) {
    if (key.length > keyChars) throw new ForeignJsonError("key_too_long", `${key.slice(0, 32)}…`);
    if (key.includes("\0")) throw new ForeignJsonError("nul_in_key", JSON.stringify(key));
    if (loneSurrogate.test(key)) throw new ForeignJsonError("lone_surrogate");
    if (key === "__proto__" || (key === "constructor" && hasPrototype(inner)))
      throw new ForeignJsonError("prototype_key", key);
    // The driver interprets an object with this key as a BSON type.
    if (key === "_bsontype" || (stored && key.startsWith("$")))
      throw new ForeignJsonError("reserved_key", key);
  }
}

function hasPrototype(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "prototype");
}
