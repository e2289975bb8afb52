import { DeliverPolicy, type JetStreamClient } from "@nats-io/jetstream";
import { nanos } from "nats";
import type {
  ConditionTrace,
  RuleDocument,
  RunTrigger,
  StepTrace,
} from "../../schemas/documents/automation.ts";
import type { Limits } from "../../schemas/limits.ts";
import { parseEvent, streams, subjects } from "../../schemas/messages/subjects.ts";
import { judge, nowIn } from "./conditions.ts";
import { nextRun } from "./cron.ts";
import { eventOf } from "./event-work.ts";
import { stepsOf } from "./rule-run.ts";
import { stubbed } from "./steps.ts";
import { type Cause, causesOf, configOf, isTriggered } from "./triggers.ts";

const shownRuns = 1_000;
const budgetMs = 8_000;
const batch = 500;
const inactiveMs = 10_000;

/** Range of a back-test, Unix ms, and the user's zone. */
export interface Backtest {
  from: number;
  to: number;
  zone: string;
}

/** One time at which the rule would have fired. */
export interface Fired {
  at: string;
  trigger: RunTrigger;
  conditions: ConditionTrace[];
  steps: StepTrace[];
}

/** What a back-test found. */
export interface BacktestResult {
  events: number;
  total: number;
  truncated: boolean;
  fired: Fired[];
}

/**
 * When a rule would have fired, from the events of the last 30 days: triggers and conditions read nothing but the event
 * and its time, so they say now what they would have said then. Actions are stubbed.
 * @throws RuleFault that names what the rule does not say clearly
 */
export async function backtest(
  js: JetStreamClient,
  rule: RuleDocument,
  range: Backtest,
  limits: Pick<Limits, "backtestEvents" | "runSteps">,
): Promise<BacktestResult> {
  const steps = stepsOf(rule.actions, limits.runSteps).map(
    (step, index): StepTrace => ({
      ...{ index, type: step.type, key: "", attempts: 0 },
      status: "stubbed",
      result: stubbed(step),
    }),
  );
  const result: BacktestResult = { events: 0, total: 0, truncated: false, fired: [] };
  const look = (at: number, event: Record<string, unknown>) => {
    const { met, traces } = judge(rule.conditions, { ...event, now: nowIn(at, range.zone) });
    if (!met) return;
    result.total += 1;
    if (result.fired.length >= shownRuns) return;
    const trigger = { type: rule.trigger_type, at: Math.round(at), event };
    result.fired.push({ at: new Date(at).toISOString(), trigger, conditions: traces, steps });
  };
  if (rule.trigger_type === "schedule") replayCron(rule, range, limits.backtestEvents, result, look);
  else if (rule.trigger_type !== "manual") {
    for await (const cause of pastCauses(js, rule, range, limits.backtestEvents, result))
      if (cause.at >= range.from && cause.at <= range.to && isTriggered(rule, cause))
        look(cause.at, cause.event);
  }
  return result;
}

function replayCron(
  rule: RuleDocument,
  { from, to, zone }: Backtest,
  most: number,
  result: BacktestResult,
  look: (at: number, event: Record<string, unknown>) => void,
): void {
  const { cron, timezone } = configOf("schedule", rule.trigger_config);
  for (
    let at = nextRun(cron, timezone ?? zone, from - 1);
    at !== null && at <= to;
    at = nextRun(cron, timezone ?? zone, at)
  ) {
    if (result.events >= most) {
      result.truncated = true;
      return;
    }
    result.events += 1;
    look(at, { schedule: { due_at: new Date(at).toISOString() } });
  }
}

async function* pastCauses(
  js: JetStreamClient,
  rule: RuleDocument,
  { from, to }: Backtest,
  most: number,
  result: BacktestResult,
): AsyncGenerator<Cause> {
  const consumer = await js.consumers.get(streams.events, {
    filter_subjects: subjectsOf(rule),
    deliver_policy: DeliverPolicy.StartTime,
    opt_start_time: new Date(from).toISOString(),
    inactive_threshold: nanos(inactiveMs),
  });
  const until = performance.now() + budgetMs;
  try {
    for (let pending = (await consumer.info()).num_pending; pending > 0; ) {
      const messages = await consumer.fetch({ max_messages: Math.min(batch, pending), expires: 2_000 });
      for await (const message of messages) {
        pending = message.info.pending;
        const name = parseEvent(message.subject)?.name;
        if (name === undefined) continue;
        const event = eventOf(message, name);
        // What happened before the end may be told a little after it.
        if (event.at > to + inactiveMs) return;
        for (const cause of causesOf(event)) {
          result.events += 1;
          yield cause;
        }
        if (result.events >= most || performance.now() > until) {
          result.truncated = pending > 0;
          return;
        }
      }
    }
  } finally {
    await consumer.delete().catch(() => false);
  }
}

function subjectsOf({ trigger_type: type, user }: RuleDocument): string[] {
  if (type === "device") return [subjects.eventDevicesUpdated(user)];
  return type === "message" ? [subjects.eventTurnCompleted(user)] : subjects.eventsOfUser(user);
}
