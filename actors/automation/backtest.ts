import { DeliverPolicy, type JetStreamClient } from "@nats-io/jetstream";
import { nanos } from "nats";
import { readPayload } from "../../infra/bus/payload.ts";
import type {
  ConditionTrace,
  RuleDocument,
  RunTrigger,
  StepTrace,
} from "../../schemas/documents/automation.ts";
import type { Limits } from "../../schemas/limits.ts";
import { anyEvent } from "../../schemas/messages/events.ts";
import { parseEvent, streams, subjects } from "../../schemas/messages/subjects.ts";
import { judge, nowIn } from "./conditions.ts";
import { cronTimes } from "./cron.ts";
import { advance } from "./hold-store.ts";
import { Slices } from "./pause.ts";
import { RuleFault } from "./rule-fault.ts";
import { stepsOf } from "./rule-steps.ts";
import { stubbed } from "./steps.ts";
import { type Cause, causeOfChange, causesOf, configOf, isTriggered, ofDevice } from "./triggers.ts";

const shownRuns = 1_000;
const batch = 500;
const inactiveMs = 10_000;

/** Range of a back-test, Unix ms, and the user's time zone. */
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

/** Result of a back-test. */
export interface BacktestResult {
  events: number;
  total: number;
  truncated: boolean;
  fired: Fired[];
}

/** Error text while another back-test of the user runs. */
export const busyText = "another back-test of the user is running";

type BacktestLimits = Pick<Limits, "backtestEvents" | "backtestMs" | "runSteps" | "schedulePeriodMs">;

/** State of one back-test. */
interface Replay {
  rule: RuleDocument;
  range: Backtest;
  result: BacktestResult;
  /** Deadline, monotonic ms. */
  until: number;
  slices: Slices;
  look(at: number, event: Record<string, unknown>): void;
}

/** Runs back-tests: one per user at a time, bounded in time and events, yielding to the event loop. */
export class Backtester {
  readonly #js: JetStreamClient;
  readonly #limits: BacktestLimits;
  readonly #busy = new Set<string>();

  constructor(js: JetStreamClient, limits: BacktestLimits) {
    this.#js = js;
    this.#limits = limits;
  }

  /**
   * When a rule would have fired, from the events of the last 30 days. Triggers and conditions depend only on
   * the event and its time, so they evaluate as they would have then. Actions are stubbed.
   * @throws RuleFault naming the invalid part of the rule, or {@link busyText}
   */
  async run(rule: RuleDocument, range: Backtest): Promise<BacktestResult> {
    if (this.#busy.has(rule.user)) throw new RuleFault(busyText);
    this.#busy.add(rule.user);
    try {
      return await this.#replay(rule, range);
    } finally {
      this.#busy.delete(rule.user);
    }
  }

  async #replay(rule: RuleDocument, range: Backtest): Promise<BacktestResult> {
    const result: BacktestResult = { events: 0, total: 0, truncated: false, fired: [] };
    const steps = stepsOf(rule.actions, this.#limits.runSteps).map(stubbedTrace);
    const look = (at: number, event: Record<string, unknown>) => {
      const { met, traces } = judge(rule.conditions, { ...event, now: nowIn(at, range.zone) });
      if (!met) return;
      result.total += 1;
      if (result.fired.length >= shownRuns) return;
      const trigger = { type: rule.trigger_type, at: Math.round(at), event };
      result.fired.push({ at: new Date(at).toISOString(), trigger, conditions: traces, steps });
    };
    const until = performance.now() + this.#limits.backtestMs;
    const replay: Replay = { rule, range, result, until, slices: new Slices(), look };
    if (rule.trigger_type === "schedule") await replayCron(replay, this.#limits);
    else if (rule.trigger_type !== "manual") await this.#replayEvents(replay);
    return result;
  }

  async #replayEvents(replay: Replay): Promise<void> {
    const { rule, range, look } = replay;
    const config = rule.trigger_type === "device" ? configOf("device", rule.trigger_config) : undefined;
    const held =
      config?.for_s === undefined ? undefined : heldFor({ ...config, for_s: config.for_s }, replay);
    for await (const cause of pastCauses(this.#js, replay, this.#limits.backtestEvents)) {
      await replay.slices.next();
      if (cause.at < range.from || cause.at > range.to) continue;
      if (held !== undefined) held.change(cause);
      else if (isTriggered(rule, cause)) look(cause.at, cause.event);
    }
    held?.end();
  }
}

function stubbedTrace(step: Parameters<typeof stubbed>[0], index: number): StepTrace {
  return { index, type: step.type, key: "", attempts: 0, status: "stubbed", result: stubbed(step) };
}

async function replayCron(replay: Replay, limits: BacktestLimits): Promise<void> {
  const { rule, range, result } = replay;
  const { cron, timezone } = configOf("schedule", rule.trigger_config);
  const next = cronTimes(cron, timezone ?? range.zone);
  let at = next(range.from - 1);
  while (at !== null && at <= range.to) {
    if (result.events >= limits.backtestEvents || performance.now() > replay.until) {
      result.truncated = true;
      return;
    }
    result.events += 1;
    replay.look(at, { schedule: { due_at: new Date(at).toISOString() } });
    await replay.slices.next();
    at = next(at + limits.schedulePeriodMs - 1);
  }
}

type HeldConfig = {
  device_id: string;
  field?: string | undefined;
  op: string;
  value?: unknown;
  for_s: number;
};

/** Replays a comparison with `for_s`. */
function heldFor(config: HeldConfig, { range, look }: Replay) {
  const nothing = { seq: 0, seq_at: 0, since: null, since_seq: 0, due_at: null, scheduled: true };
  let hold: ReturnType<typeof advance> = { _id: "", user: "", ...nothing, event: {} };
  const fire = (until: number) => {
    if (hold.due_at === null || hold.due_at > until) return;
    look(hold.due_at, hold.event);
    hold = { ...hold, due_at: null };
  };
  return {
    change(cause: Cause): void {
      fire(cause.at);
      const { concerned, holds, begins } = ofDevice(config, cause);
      const change = { seq: hold.seq + 1, at: cause.at, holds, begins, event: cause.event };
      if (concerned) hold = advance(hold, config.for_s * 1_000, change);
    },
    end: () => fire(Math.min(range.to, Date.now())),
  };
}

async function* pastCauses(js: JetStreamClient, replay: Replay, most: number): AsyncGenerator<Cause> {
  const { rule, range, result } = replay;
  const consumer = await js.consumers.get(streams.events, {
    filter_subjects: subjectsOf(rule),
    deliver_policy: DeliverPolicy.StartTime,
    opt_start_time: new Date(range.from).toISOString(),
    inactive_threshold: nanos(inactiveMs),
  });
  const states = new Map<string, Record<string, unknown>>();
  try {
    for (let pending = (await consumer.info()).num_pending; pending > 0; ) {
      const messages = await consumer.fetch({ max_messages: Math.min(batch, pending), expires: 2_000 });
      for await (const message of messages) {
        pending = message.info.pending;
        const name = parseEvent(message.subject)?.name;
        if (name === undefined) continue;
        const payload = readPayload(anyEvent, message.subject, message.data);
        if (!payload.ok) continue;
        const { message: said } = payload;
        const event = { name, seq: message.seq, at: message.info.timestampNanos / 1e6, payload: said };
        // Events may arrive slightly after the end of their time range.
        if (event.at > range.to + inactiveMs) return;
        for (const cause of causesOf(event)) {
          result.events += 1;
          yield completed(cause, states);
        }
        if (result.events >= most || performance.now() > replay.until) {
          result.truncated = pending > 0;
          return;
        }
      }
    }
  } finally {
    await consumer.delete().catch(() => false);
  }
}

/** Restores a large state, of which events contain only changes, from earlier events. */
function completed(cause: Cause, states: Map<string, Record<string, unknown>>): Cause {
  const { change } = cause;
  if (change?.partial !== true) return cause;
  const state = { ...states.get(change.device_id), ...change.state };
  states.set(change.device_id, state);
  return { ...causeOfChange({ ...change, state }), change };
}

function subjectsOf({ trigger_type: type, user }: RuleDocument): string[] {
  if (type === "device") return [subjects.eventDevicesUpdated(user)];
  return type === "message" ? [subjects.eventTurnCompleted(user)] : subjects.eventsOfUser(user);
}
