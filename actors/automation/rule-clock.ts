import type { RuleDocument } from "../../schemas/documents/automation.ts";
import type { Due } from "../../schemas/documents/reminder.ts";
import type { ActorContext } from "../actor-context.ts";
import { ScheduleRepair } from "../time/schedule-repair.ts";
import type { Schedules } from "../time/schedules.ts";
import { userPlace } from "../time/user-place.ts";
import { userTimeZone } from "../time/user-time-zone.ts";
import { nextRun } from "./cron.ts";
import { RuleFault } from "./rule-fault.ts";
import type { RuleStore } from "./rule-store.ts";
import { type RunIntake, runId } from "./run-intake.ts";
import { nextSun, placeOf } from "./sun.ts";
import { configOf } from "./triggers.ts";

/** Time-based triggers. */
const clocked = ["schedule", "sun"];

/** Schedules the next run of time-based rules on the NATS server, and starts their runs when due. */
export class RuleClock {
  readonly #context: Pick<ActorContext, "db" | "settings" | "log">;
  readonly #store: RuleStore;
  readonly #schedules: Schedules;
  readonly #intake: RunIntake;
  /** Creates missing schedules. */
  readonly repair: ScheduleRepair<RuleDocument>;

  constructor(
    context: Pick<ActorContext, "db" | "settings" | "log">,
    store: RuleStore,
    schedules: Schedules,
    intake: RunIntake,
  ) {
    this.#context = context;
    this.#store = store;
    this.#schedules = schedules;
    this.#intake = intake;
    this.repair = new ScheduleRepair(context.log, {
      what: "rules",
      find: (limit) => store.unscheduled(limit),
      set: async (rule) => {
        if (rule.due_at !== null) await this.#set(rule, rule.due_at);
      },
    });
  }

  /** Next due time of a rule; null if it has no schedule, is disabled or its schedule is invalid. */
  async dueAt(
    {
      user,
      enabled,
      trigger_type,
      trigger_config,
    }: Pick<RuleDocument, "user" | "enabled" | "trigger_type" | "trigger_config">,
    after: number,
  ): Promise<Date | null> {
    if (!clocked.includes(trigger_type) || !enabled) return null;
    const { db, settings } = this.#context;
    try {
      let at: number | null;
      if (trigger_type === "sun") {
        const config = configOf("sun", trigger_config);
        at = nextSun(config, placeOf(config, await userPlace(db, user)), after);
      } else {
        const { cron, timezone } = configOf("schedule", trigger_config);
        at = nextRun(cron, timezone ?? (await userTimeZone(db, settings, user)), after);
      }
      return at === null ? null : new Date(at);
    } catch (err) {
      if (err instanceof RuleFault) return null;
      throw err;
    }
  }

  /** Sets the schedule of a stored rule to its `due_at`; failures are repaired later. */
  async settle(rule: RuleDocument): Promise<void> {
    try {
      if (rule.due_at === null) await this.#schedules.cancel("rule", rule.user, rule._id);
      else await this.#set(rule, rule.due_at);
    } catch (err) {
      this.#context.log.warn({ err, user: rule.user, rule: rule._id }, "rule not scheduled, retrying");
      this.repair.soon();
    }
  }

  /** Applies a changed time zone or location of a user to the rules without their own. */
  async follow(user: string): Promise<void> {
    for (const rule of await this.#store.triggered(user, clocked)) {
      if (rule.due_at === null && rule.trigger_type === "schedule") continue;
      if (rule.trigger_config.timezone !== undefined) continue;
      const due_at = await this.dueAt(rule, Date.now());
      if (due_at?.getTime() === rule.due_at?.getTime()) continue;
      const change = { due_at, scheduled: due_at === null };
      const moved = await this.#store.changeRule(user, rule._id, change, { due_at: rule.due_at });
      if (moved !== null) await this.settle(moved);
    }
  }

  /** Starts the due run and schedules the next; idempotent. */
  async ring({ user, id, due_at }: Due): Promise<void> {
    const rule = await this.#store.rule(user, id);
    if (rule?.due_at == null) return;
    if (rule.due_at.getTime() !== due_at) {
      if (!rule.scheduled) await this.#set(rule, rule.due_at);
      return;
    }
    const name = rule.trigger_type === "sun" ? "sun" : "schedule";
    const event = { [name]: { due_at: rule.due_at.toISOString(), fired_at: new Date().toISOString() } };
    const trigger = { type: rule.trigger_type, at: due_at, event };
    await this.#intake.startNewest({
      id: runId(id, String(due_at)),
      user,
      rule: id,
      trigger,
      chain: [],
      dry_run: false,
    });
    // Continue from now: times missed in an outage result in one run.
    const least = due_at + this.#context.settings.limits.schedulePeriodMs - 1;
    const next = await this.dueAt(rule, Math.max(Date.now(), least));
    const moved = await this.#store.changeRule(
      user,
      id,
      { due_at: next, scheduled: next === null },
      { due_at: rule.due_at },
    );
    if (moved?.due_at != null) await this.#set(moved, moved.due_at);
  }

  async #set(rule: RuleDocument, at: Date): Promise<void> {
    await this.#schedules.set("rule", rule.user, rule._id, at);
    await this.#store.markScheduled(rule);
  }
}
