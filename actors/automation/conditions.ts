import type { ConditionTrace } from "../../schemas/documents/automation.ts";
import { type Condition, conditionSchema } from "../../schemas/documents/rule-parts.ts";
import { localTime } from "../time/zoned-time.ts";
import { compare } from "./comparison.ts";
import { assertPattern } from "./pattern.ts";
import { RuleFault } from "./rule-fault.ts";
import { valueAt } from "./values.ts";

const maxDepth = 8;
const maxConditions = 256;
const shownChars = 1_000;
const groupKeys = new Set(["all", "any", "not"]);
const conditionKeys = new Set(["field", "op", "value"]);

/** Condition tree. A group combines its parts as its keys say; an empty group is true. */
type Node =
  | { kind: "condition"; condition: Condition }
  | { kind: "group"; all: Node[]; any: Node[] | undefined; not: Node | undefined };

/** Result of a rule's conditions for an event, with a trace of each. */
export interface Judgement {
  met: boolean;
  traces: ConditionTrace[];
}

/** @throws RuleFault naming the invalid part */
export function judge(conditions: Record<string, unknown>, event: Record<string, unknown>): Judgement {
  const traces: ConditionTrace[] = [];
  const holds = (node: Node): boolean => {
    if (node.kind === "group") {
      // Evaluate all parts, so that the trace has each.
      const all = node.all.map(holds);
      const any = node.any?.map(holds);
      const not = node.not && holds(node.not);
      return all.every(Boolean) && (any === undefined || any.some(Boolean)) && not !== true;
    }
    const { field, op, value } = node.condition;
    const actual = valueAt(event, field);
    const met = compare(op, actual, value);
    traces.push({ field, op, value, actual: shown(actual), met });
    return met;
  };
  return { met: holds(readConditions(conditions)), traces };
}

/** Devices referenced by conditions as `devices.<id>.…`. */
export function devicesOf(conditions: Record<string, unknown>): string[] {
  const found = leavesOf(readConditions(conditions)).flatMap(({ field }) => deviceIn(field) ?? []);
  return [...new Set(found)];
}

/** The device id in a path such as `devices.lamp.state.on`. */
export function deviceIn(path: string): string | undefined {
  return /^devices\.([A-Za-z0-9_-]{1,64})\./.exec(path)?.[1];
}

/**
 * Checks conditions except operators, which the run reports.
 * @throws RuleFault naming the invalid field
 */
export function assertConditions(conditions: Record<string, unknown>): void {
  for (const { field, op, value } of leavesOf(readConditions(conditions))) {
    if (field.startsWith("devices.") && deviceIn(field) === undefined)
      throw new RuleFault(`conditions: ${field} is not devices.<id>.<path>`);
    if (op === "matches") assertPattern(String(value));
  }
}

/** Parses a rule's conditions. @throws RuleFault naming the invalid part */
function readConditions(conditions: Record<string, unknown>): Node {
  let count = 0;
  const read = (one: unknown, path: string, depth: number): Node => {
    if (depth > maxDepth) throw new RuleFault(`conditions: ${path} is nested deeper than ${maxDepth}`);
    if (typeof one !== "object" || one === null || Array.isArray(one))
      throw new RuleFault(`conditions: ${path} is no condition`);
    const given = one as Record<string, unknown>;
    count += 1;
    if (count > maxConditions) throw new RuleFault(`conditions: more than ${maxConditions}`);
    if ("field" in given) return { kind: "condition", condition: readCondition(given, path) };
    assertKeys(given, groupKeys, path);
    const list = (key: "all" | "any"): Node[] | undefined => {
      if (given[key] === undefined) return undefined;
      if (!Array.isArray(given[key])) throw new RuleFault(`conditions: ${join(path, key)} is no list`);
      return given[key].map((part: unknown, index) => read(part, join(path, `${key}.${index}`), depth + 1));
    };
    const any = list("any");
    return {
      kind: "group",
      all: list("all") ?? [],
      any: any?.length === 0 ? undefined : any,
      not: given.not === undefined ? undefined : read(given.not, join(path, "not"), depth + 1),
    };
  };
  return read(conditions, "", 0);
}

function readCondition(given: Record<string, unknown>, path: string): Condition {
  assertKeys(given, conditionKeys, path);
  const parsed = conditionSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RuleFault(`conditions: ${join(path, issue?.path.join(".") ?? "")} ${issue?.message ?? ""}`);
}

function assertKeys(given: Record<string, unknown>, known: ReadonlySet<string>, path: string): void {
  const unknown = Object.keys(given).find((key) => !known.has(key));
  if (unknown !== undefined) throw new RuleFault(`unknown conditions: ${join(path, unknown.slice(0, 64))}`);
}

function leavesOf(node: Node): Condition[] {
  if (node.kind === "condition") return [node.condition];
  return [...node.all, ...(node.any ?? []), ...(node.not ? [node.not] : [])].flatMap(leavesOf);
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/** A value for the trace; large ones are truncated. */
function shown(value: unknown): unknown {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text === undefined || text.length <= shownChars ? value : `${text.slice(0, shownChars)}…`;
}

/** The `now` variable of conditions: wall clock time in the user's zone. */
export function nowIn(at: number, zone: string): Record<string, unknown> {
  const { year, month, day, hour, minute } = localTime(at, zone);
  const two = (value: number) => String(value).padStart(2, "0");
  return {
    ...{ year, month, day, hour, minute },
    /** 0 is Sunday. */
    weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(),
    date: `${year}-${two(month)}-${two(day)}`,
    time: `${two(hour)}:${two(minute)}`,
    timestamp: at,
  };
}
