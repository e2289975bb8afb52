import type { JsMsg } from "@nats-io/jetstream";
import type { RuleDocument } from "../../schemas/documents/automation.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { eventNames, parseEvent, streams, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { startDurableWork } from "../events/durable-work.ts";
import { RuleFault } from "./rule-fault.ts";
import type { RuleStore } from "./rule-store.ts";
import { type RunIntake, runId } from "./run-intake.ts";
import { type Cause, causesOf, type EventMessage, isTriggered } from "./triggers.ts";

const inFlight = 64;

/** Starts the runs that events trigger; each event is looked at by one process, and again until it is done. */
export function startEventWork(context: ActorContext, rules: RuleStore, intake: RunIntake): Promise<void> {
  const work = {
    stream: streams.events,
    name: "automation",
    filter: subjects.eventAll,
    inFlight,
    onlyNew: true,
  };
  return startDurableWork(context, work, async (message) => {
    const parsed = parseEvent(message.subject);
    if (parsed === null) return;
    const triggered = await rules.triggered(parsed.user, typesOf(parsed.name));
    if (triggered.length === 0) return;
    for (const cause of causesOf(eventOf(message, parsed.name)))
      for (const rule of triggered) await startIfTriggered(context, intake, rule, cause);
  });
}

/** A message of the events' stream, as triggers look at it. */
export function eventOf(message: JsMsg, name: string): EventMessage {
  return { name, seq: message.seq, at: message.info.timestampNanos / 1e6, payload: message.json() };
}

async function startIfTriggered(
  { log }: Pick<ActorContext, "log">,
  intake: RunIntake,
  rule: RuleDocument,
  cause: Cause,
): Promise<void> {
  try {
    if (!isTriggered(rule, cause)) return;
    const trigger = { type: rule.trigger_type, at: Math.round(cause.at), event: cause.event };
    const id = runId(rule._id, cause.id);
    await intake.start({ id, user: rule.user, rule: rule._id, trigger, chain: [], dry_run: false });
  } catch (err) {
    // A rule that can't be understood has said so when it was stored; one that is swamped says it by its runs.
    if (!(err instanceof RuleFault || err instanceof ParleyError)) throw err;
    log.info({ rule: rule._id, reason: err.message }, "rule not triggered");
  }
}

function typesOf(name: string): string[] {
  if (name === eventNames.devicesUpdated) return ["device", "event"];
  return name === eventNames.turnCompleted ? ["message", "event"] : ["event"];
}
