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
/** CPU that the patterns of all rules of a user may take for one message, ms. */
const patternMs = 1_000;

type Means = Pick<ActorContext, "log" | "bus" | "routes">;

/** What the triggers of events work with. */
interface EventMeans {
  rules: RuleStore;
  intake: RunIntake;
  holds: HoldClock;
}

/** Starts the runs that events trigger; each event is looked at by one process, and again until it is done. */
export async function startEventWork(context: ActorContext, means: EventMeans): Promise<void> {
  const consumer = { name: "automation", inFlight, onlyNew: true };
  const lines = new UserLines();
  await context.bus.consume(anyEvent, consumer, async (payload, { subject, seq, at }) => {
    const parsed = parseEvent(subject);
    if (parsed === null) return;
    const { user, name } = parsed;
    // A user's events are looked at in their order: a later change must not overtake an earlier one.
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
    if (spent >= patternMs) context.log.warn({ user: rule.user, rule: rule._id }, "patterns took too long");
    if (isHeld(rule)) await means.holds.look(rule, cause);
    else if (fits) {
      completed ??= await complete(context, rule.user, cause);
      await start(means.intake, rule, completed);
    }
  }
}

/** A large state is not in the event: what did not change is read from the device. */
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
    // A rule that can't be understood has said so when it was stored.
    if (!(err instanceof RuleFault)) throw err;
    log.info({ rule: rule._id, reason: err.message }, "rule not triggered");
    return false;
  }
}

/** Whether a rule waits until its comparison has held for a while. */
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
