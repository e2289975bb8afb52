import { ForeignJsonError, parseForeignJson } from "../../schemas/foreign-json.ts";
import { isObject } from "../../schemas/json-object.ts";

/** A device payload: its text, and the parsed JSON if valid. */
export interface Payload {
  text: string;
  json: unknown;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * @throws ForeignJsonError for disallowed content: too deep, too many values, unstorable keys, invalid UTF-8
 */
export function readPayload(data: Uint8Array): Payload {
  let text: string;
  try {
    text = decoder.decode(data);
  } catch (cause) {
    throw new ForeignJsonError("not_utf8", undefined, cause);
  }
  return parse(text);
}

/** The same for text; null for disallowed content. */
export function payloadOf(text: string): Payload | null {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

function parse(text: string): Payload {
  // Most sensor values are bare numbers and words.
  const first = text.trimStart()[0];
  if (first !== undefined && !'{["-0123456789tfn'.includes(first)) return { text, json: undefined };
  try {
    return { text, json: parseForeignJson(text, { keyChars: 128 }) };
  } catch (err) {
    if (err instanceof ForeignJsonError && err.reason === "not_json") return { text, json: undefined };
    throw err;
  }
}

/**
 * The value of a payload without a template: JSON numbers, booleans and objects, otherwise the text;
 * undefined if empty.
 */
export function bareValue({ text, json }: Payload): unknown {
  if (text.trim() === "") return undefined;
  return json === undefined ? text : json;
}

/** The members of a JSON object, or null for any other payload. */
export function objectOf({ json }: Payload): Record<string, unknown> | null {
  return isObject(json) ? json : null;
}
