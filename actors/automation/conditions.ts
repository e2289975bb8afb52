import {
  type Condition,
  type ConditionTrace,
  conditionSchema,
  conditionsSchema,
} from "../../schemas/documents/automation.ts";
import { localTime } from "../time/zoned-time.ts";
import { compare, valueAt } from "./comparison.ts";
import { RuleFault } from "./rule-fault.ts";

const known = new Set(["all", "any", "field", "op", "value"]);

/** Whether a rule's conditions hold for an event, and how each was judged. */
export interface Judgement {
  met: boolean;
  traces: ConditionTrace[];
}

/** @throws RuleFault that names what can't be understood */
export function judge(conditions: Record<string, unknown>, event: Record<string, unknown>): Judgement {
  const unknown = Object.keys(conditions).find((key) => !known.has(key));
  if (unknown !== undefined) throw new RuleFault(`unknown conditions: ${unknown.slice(0, 64)}`);
  const parsed = conditionsSchema.safeParse(
    "field" in conditions ? { all: [conditionSchema.safeParse(conditions).data] } : conditions,
  );
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RuleFault(`conditions: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
  }
  const trace = ({ field, op, value }: Condition): ConditionTrace => {
    const actual = valueAt(event, field);
    return { field, op, value, actual, met: compare(op, actual, value) };
  };
  const all = parsed.data.all?.map(trace) ?? [];
  const any = parsed.data.any?.map(trace) ?? [];
  const met = all.every((one) => one.met) && (any.length === 0 || any.some((one) => one.met));
  return { met, traces: [...all, ...any] };
}

/** What conditions read under `now`: the wall clock in the user's zone. */
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
