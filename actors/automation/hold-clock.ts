import type { HoldDocument, RuleDocument } from "../../schemas/documents/automation.ts";
import type { Due } from "../../schemas/documents/reminder.ts";
import type { ActorContext } from "../actor-context.ts";
import { currentDevices } from "../devices/current-devices.ts";
import { ScheduleRepair } from "../time/schedule-repair.ts";
import type { Schedules } from "../time/schedules.ts";
import { compare } from "./comparison.ts";
import type { HoldStore } from "./hold-store.ts";
import type { RuleStore } from "./rule-store.ts";
import { type RunIntake, runId } from "./run-intake.ts";
import { type Cause, configOf, ofDevice } from "./triggers.ts";
import { valueAt } from "./values.ts";

/** Runs rules whose comparison has held for `for_s`, on durable schedules of the NATS server. */
export class HoldClock {
  readonly #context: Pick<ActorContext, "bus" | "routes" | "log">;
  readonly #rules: RuleStore;
  readonly #holds: HoldStore;
  readonly #schedules: Schedules;
  readonly #intake: RunIntake;
  /** Creates missing schedules. */
  readonly repair: ScheduleRepair<HoldDocument>;

  constructor(
    context: Pick<ActorContext, "bus" | "routes" | "log">,
    means: { rules: RuleStore; holds: HoldStore; schedules: Schedules; intake: RunIntake },
  ) {
    this.#context = context;
    this.#rules = means.rules;
    this.#holds = means.holds;
    this.#schedules = means.schedules;
    this.#intake = means.intake;
    this.repair = new ScheduleRepair(context.log, {
      what: "holds",
      find: (limit) => this.#holds.unscheduled(limit),
      set: (hold) => this.#set(hold),
    });
  }

  /** Processes a change: the comparison starts, continues or stops holding. */
  async look(rule: RuleDocument, cause: Cause): Promise<void> {
    const { for_s = 0, ...config } = configOf("device", rule.trigger_config);
    const { concerned, holds, begins } = ofDevice(config, cause);
    if (!concerned || cause.change === undefined) return;
    const seq = Number(cause.change.id.slice(cause.change.id.lastIndexOf(".") + 1));
    const change = { seq, at: cause.change.at, holds, begins, event: cause.event };
    const hold = await this.#holds.change(rule._id, rule.user, for_s * 1_000, change);
    try {
      if (hold.due_at === null) await this.#schedules.cancel("hold", hold.user, hold._id);
      else if (!hold.scheduled) await this.#set(hold);
    } catch (err) {
      this.#context.log.warn({ err, user: rule.user, rule: rule._id }, "hold not scheduled, retrying");
      this.repair.soon();
    }
  }

  /** Handles a due hold. It may have stopped since, also by a change whose event is still in flight. */
  async ring({ id, due_at }: Due): Promise<void> {
    const hold = await this.#holds.find(id);
    if (hold?.due_at == null) return;
    if (hold.due_at !== due_at) {
      if (!hold.scheduled) await this.#set(hold);
      return;
    }
    const rule = await this.#rules.rule(hold.user, id);
    if (rule === null || !rule.enabled || rule.trigger_config.for_s === undefined) {
      await this.#holds.delete(id);
      return;
    }
    if (!(await this.#stillHolds(rule))) return;
    const trigger = { type: "device", at: due_at, event: hold.event };
    const run = { id: runId(id, `hold ${hold.since_seq}`), user: hold.user, rule: id, trigger };
    await this.#intake.startNewest({ ...run, chain: [], dry_run: false });
    await this.#holds.fired(hold);
  }

  /** Deletes the hold of a rule. */
  async forget(rule: RuleDocument): Promise<void> {
    await this.#holds.delete(rule._id);
    await this.#schedules.cancel("hold", rule.user, rule._id);
  }

  async #stillHolds(rule: RuleDocument): Promise<boolean> {
    const { device_id, field = "", op, value } = configOf("device", rule.trigger_config);
    const [device] = await currentDevices(this.#context, rule.user, [device_id]);
    if (device === undefined) return true;
    const path = field.startsWith("state.") ? field.slice("state.".length) : field;
    const online = path === "online" && !Object.hasOwn(device.state, path);
    return compare(op, online ? device.online : valueAt(device.state, path), value);
  }

  async #set(hold: HoldDocument): Promise<void> {
    if (hold.due_at === null) return;
    await this.#schedules.set("hold", hold.user, hold._id, new Date(hold.due_at));
    await this.#holds.markScheduled(hold);
  }
}
