import { isDeepStrictEqual } from "node:util";
import { matchesPattern } from "./pattern.ts";
import { RuleFault } from "./rule-fault.ts";

/** @throws RuleFault naming an unknown operator or an invalid pattern */
export function compare(op: string, actual: unknown, value: unknown): boolean {
  switch (op) {
    case "==":
      return same(actual, value);
    case "!=":
      return !same(actual, value);
    case ">":
      return ordered(actual, value, (order) => order > 0);
    case ">=":
      return ordered(actual, value, (order) => order >= 0);
    case "<":
      return ordered(actual, value, (order) => order < 0);
    case "<=":
      return ordered(actual, value, (order) => order <= 0);
    case "contains":
      if (Array.isArray(actual)) return actual.some((one) => same(one, value));
      return typeof actual === "string" && actual.includes(String(value));
    case "matches":
      return typeof actual === "string" && matchesPattern(String(value), actual);
    default:
      throw new RuleFault(`unknown op: ${op.slice(0, 64)}`);
  }
}

/** Compares numeric text with numbers as a number: devices send `"21"` where rules have 21. */
function same(left: unknown, right: unknown): boolean {
  if (typeof left !== typeof right && numberOf(left) !== null && numberOf(left) === numberOf(right))
    return true;
  return isDeepStrictEqual(left, right);
}

function ordered(left: unknown, right: unknown, holds: (order: number) => boolean): boolean {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== null && b !== null) return holds(a - b);
  if (typeof left !== "string" || typeof right !== "string") return false;
  return holds(left < right ? -1 : left > right ? 1 : 0);
}

function numberOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return null;
  const number = Number(value);
  return Number.isNaN(number) ? null : number;
}
