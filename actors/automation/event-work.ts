import type { RuleDocument } from "../../schemas/documents/automation.ts";
import { anyEvent } from "../../schemas/messages/events.ts";
import { eventNames, parseEvent } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { currentDevices } from "../devices/current-devices.ts";
import { UserLines } from "../runtime/user-lines.ts";
import type { HoldClock } from "./hold-clock.ts";
import { Slices } from "./pause.ts";
import { RuleFault } from "./rule-fault.ts";
import type { RuleStore } from "./rule-store.ts";
import { type RunIntake, runId } from "./run-intake.ts";
import { type Cause, causesOf, configOf, isTriggered } from "./triggers.ts";

const inFlight = 64;
/** CPU time for the patterns of all rules of a user per message, ms. */
const patternMs = 1_000;

type Means = Pick<ActorContext, "log" | "bus" | "routes">;

/** Dependencies of event triggers. */
interface EventMeans {
  rules: RuleStore;
  intake: RunIntake;
  holds: HoldClock;
}

/**
 * Starts the runs triggered by events; each event is processed by one process and redelivered until acked.
 */
export async function startEventWork(context: ActorContext, means: EventMeans): Promise<void> {
  const consumer = { name: "automation", inFlight, onlyNew: true };
  const lines = new UserLines();
  await context.bus.consume(anyEvent, consumer, async (payload, { subject, seq, at }) => {
    const parsed = parseEvent(subject);
    if (parsed === null) return;
    const { user, name } = parsed;
    // Process a user's events in order: a later change must not overtake an earlier one.
    await lines.run(user, async () => {
      const triggered = await means.rules.triggered(user, typesOf(name));
      if (triggered.length === 0) return;
      for (const cause of causesOf({ name, seq, at, payload }))
        await lookAt(context, means, triggered, cause);
    });
  });
}

async function lookAt(
  context: Means,
  means: EventMeans,
  triggered: readonly RuleDocument[],
  cause: Cause,
): Promise<void> {
  const slices = new Slices();
  let spent = 0;
  let completed: Cause | undefined;
  for (const rule of triggered) {
    if (rule.trigger_type === "device" && rule.trigger_config.device_id !== cause.change?.device_id) continue;
    await slices.next();
    const began = performance.now();
    const fits = spent < patternMs && fires(context, rule, cause);
    if (rule.trigger_type === "message") spent += performance.now() - began;
    if (spent >= patternMs)
      context.log.warn({ user: rule.user, rule: rule._id }, "time limit for message patterns exceeded");
    if (isHeld(rule)) await means.holds.look(rule, cause);
    else if (fits) {
      completed ??= await complete(context, rule.user, cause);
      await start(means.intake, rule, completed);
    }
  }
}

/** Reads the unchanged keys of a large state, which the event omits, from the device. */
async function complete(context: Means, user: string, cause: Cause): Promise<Cause> {
  const { change } = cause;
  if (change?.partial !== true) return cause;
  const [device] = await currentDevices(context, user, [change.device_id]);
  if (device === undefined) return cause;
  const state = { ...device.state, ...change.state };
  const previous = { ...device.state, ...change.previous };
  return { ...cause, event: { ...cause.event, state, previous } };
}

async function start(intake: RunIntake, rule: RuleDocument, cause: Cause): Promise<void> {
  const trigger = { type: rule.trigger_type, at: Math.round(cause.at), event: cause.event };
  const id = runId(rule._id, cause.id);
  await intake.startNewest({ id, user: rule.user, rule: rule._id, trigger, chain: [], dry_run: false });
}

function fires({ log }: Pick<Means, "log">, rule: RuleDocument, cause: Cause): boolean {
  try {
    return isTriggered(rule, cause);
  } catch (err) {
    // An invalid rule was reported when it was saved.
    if (!(err instanceof RuleFault)) throw err;
    log.info({ rule: rule._id, reason: err.message }, "rule not triggered");
    return false;
  }
}

/** Whether a rule has a `for_s`. */
function isHeld(rule: RuleDocument): boolean {
  if (rule.trigger_type !== "device" || rule.trigger_config.for_s === undefined) return false;
  try {
    return configOf("device", rule.trigger_config).for_s !== undefined;
  } catch {
    return false;
  }
}

function typesOf(name: string): string[] {
  if (name === eventNames.devicesUpdated) return ["device", "event"];
  return name === eventNames.turnCompleted ? ["message", "event"] : ["event"];
}
