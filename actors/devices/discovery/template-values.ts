import { TemplateError } from "./template-error.ts";

/** The payload has no value for a path of the template. */
export class Undefined extends Error {}

const textAtMost = 64 * 1024;

/** Jinja's truthiness: empty strings, lists and objects, and 0, are false. */
export function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** A member of an object or list, or undefined; prototypes are not read. */
export function memberOf(of: unknown, key: unknown): unknown {
  if (Array.isArray(of)) {
    const index = Number(key);
    return of.at(index);
  }
  if (typeof of === "string" && typeof key === "number") return of.at(key);
  if (typeof of !== "object" || of === null || !Object.hasOwn(of, String(key))) return undefined;
  return (of as Record<string, unknown>)[String(key)];
}

/** @throws TemplateError for an operator that does not exist */
export function applyBinary(operator: string, left: unknown, right: unknown): unknown {
  switch (operator) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case "~":
      return bounded(`${asText(left)}${asText(right)}`);
    case "in":
      if (Array.isArray(right)) return right.includes(left);
      if (typeof right === "string") return right.includes(asText(left));
      return typeof right === "object" && right !== null && Object.hasOwn(right, asText(left));
    case "+":
      if (typeof left === "string" && typeof right === "string") return bounded(left + right);
      return number(left) + number(right);
    case "-":
      return number(left) - number(right);
    case "*":
      return number(left) * number(right);
    case "/":
      return number(left) / number(right);
    case "//":
      return Math.floor(number(left) / number(right));
    case "%":
      return number(left) % number(right);
    case "**":
      return number(left) ** number(right);
    case "<":
      return number(left) < number(right);
    case "<=":
      return number(left) <= number(right);
    case ">":
      return number(left) > number(right);
    case ">=":
      return number(left) >= number(right);
    default:
      throw new TemplateError(`operator ${operator}`);
  }
}

type Filter = (value: unknown, args: readonly unknown[]) => unknown;

/**
 * Filters, tests (`is …`) and methods (`.get`). Names and meanings: Jinja's and Home Assistant's template
 * documentation.
 */
const filters: Record<string, Filter> = {
  float: (value, [fallback]) => parsed(Number.parseFloat(asText(value)), fallback),
  int: (value, [fallback]) => parsed(Math.trunc(Number.parseFloat(asText(value))), fallback),
  round: (value, [digits = 0, method]) => rounded(number(value), Number(digits), method),
  abs: (value) => Math.abs(number(value)),
  default: (value, [fallback = "", also]) =>
    value === undefined || (also === true && !isTruthy(value)) ? fallback : value,
  is_defined: (value) => {
    if (value === undefined) throw new Undefined();
    return value;
  },
  lower: (value) => asText(value).toLowerCase(),
  upper: (value) => asText(value).toUpperCase(),
  title: (value) => asText(value).replace(/\b\w/g, (letter) => letter.toUpperCase()),
  trim: (value) => asText(value).trim(),
  string: (value) => asText(value),
  bool: (value) => /^(true|yes|on|enable|1)$/i.test(asText(value)),
  length: (value) =>
    typeof value === "object" && value !== null ? Object.keys(value).length : asText(value).length,
  replace: (value, [from, to]) => bounded(asText(value).split(asText(from)).join(asText(to))),
  tojson: (value) => bounded(JSON.stringify(value ?? null)),
  to_json: (value) => bounded(JSON.stringify(value ?? null)),
  from_json: (value) => json(asText(value)),
  first: (value) => (Array.isArray(value) ? value[0] : undefined),
  last: (value) => (Array.isArray(value) ? value.at(-1) : undefined),
  join: (value, [by = ""]) => (Array.isArray(value) ? bounded(value.map(asText).join(asText(by))) : value),
  multiply: (value, [by]) => number(value) * number(by),
  add: (value, [by]) => number(value) + number(by),
  "is defined": (value) => value !== undefined,
  "is undefined": (value) => value === undefined,
  "is none": (value) => value === null,
  "is number": (value) => typeof value === "number",
  "is string": (value) => typeof value === "string",
  "is mapping": (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  ".get": (value, [key, fallback]) => memberOf(value, key) ?? fallback,
  ".split": (value, [by = " "]) => asText(value).split(asText(by)),
  ".lower": (value) => asText(value).toLowerCase(),
  ".upper": (value) => asText(value).toUpperCase(),
  ".strip": (value) => asText(value).trim(),
  ".replace": (value, [from, to]) => bounded(asText(value).split(asText(from)).join(asText(to))),
  ".startswith": (value, [start]) => asText(value).startsWith(asText(start)),
  ".endswith": (value, [end]) => asText(value).endsWith(asText(end)),
};

/** Whether templates may use a filter, a test (`is …`) or a method (`.…`). */
export function hasFilter(name: string): boolean {
  return Object.hasOwn(filters, name);
}

/** @throws TemplateError for an unknown filter; Undefined without a value */
export function applyFilter(name: string, value: unknown, args: readonly unknown[]): unknown {
  const filter = Object.hasOwn(filters, name) ? filters[name] : undefined;
  if (filter === undefined) throw new TemplateError(`filter ${name}`);
  const takesNothing = name === "default" || name.startsWith("is") || name.startsWith(".get");
  if (value === undefined && !takesNothing && args.length === 0) throw new Undefined();
  return filter(value, args);
}

function number(value: unknown): number {
  const text = asText(value).trim();
  const result =
    typeof value === "number" ? value : typeof value === "boolean" ? Number(value) : Number(text);
  if (
    Number.isNaN(result) ||
    (typeof value === "string" && text === "") ||
    value === undefined ||
    value === null
  )
    throw new Undefined();
  return result;
}

function parsed(result: number, fallback: unknown): unknown {
  if (!Number.isNaN(result)) return result;
  if (fallback !== undefined) return fallback;
  throw new Undefined();
}

function rounded(value: number, digits: number, method: unknown): number {
  const factor = 10 ** Math.max(0, Math.min(12, digits));
  const round = method === "floor" ? Math.floor : method === "ceil" ? Math.ceil : Math.round;
  return round(Number((value * factor).toPrecision(15))) / factor;
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function bounded(text: string): string {
  if (text.length > textAtMost) throw new TemplateError("text too long");
  return text;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Undefined();
  }
}
