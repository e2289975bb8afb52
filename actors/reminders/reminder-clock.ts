import type { Due, ReminderDocument } from "../../schemas/documents/reminder.ts";
import type { ActorContext } from "../actor-context.ts";
import { notify } from "../events/notifier.ts";
import { sayInSession } from "../events/session-mail.ts";
import { ScheduleRepair } from "../time/schedule-repair.ts";
import type { Schedules } from "../time/schedules.ts";
import { type LocalTime, nextRepetition } from "../time/zoned-time.ts";
import type { ReminderStore } from "./reminder-store.ts";

/** Schedules reminders on the NATS server and fires them when due. */
export class ReminderClock {
  readonly #context: Pick<ActorContext, "bus" | "log">;
  readonly #store: ReminderStore;
  readonly #schedules: Schedules;
  /** Creates missing schedules. */
  readonly repair: ScheduleRepair<ReminderDocument>;

  constructor(context: Pick<ActorContext, "bus" | "log">, store: ReminderStore, schedules: Schedules) {
    this.#context = context;
    this.#store = store;
    this.#schedules = schedules;
    this.repair = new ScheduleRepair(context.log, {
      what: "reminders",
      find: (limit) => store.unscheduled(limit),
      set: (reminder) => this.#set(reminder),
    });
  }

  /** Creates the schedule of a stored reminder; failures are repaired later. */
  async schedule(reminder: ReminderDocument): Promise<void> {
    try {
      await this.#set(reminder);
    } catch (err) {
      this.#context.log.warn({ err, reminder: reminder._id }, "reminder not scheduled, retrying");
      this.repair.soon();
    }
  }

  /** Cancels the schedule; if it still fires, the reminder is no longer pending. */
  async cancel(user: string, id: string): Promise<void> {
    try {
      await this.#schedules.cancel("reminder", user, id);
    } catch (err) {
      this.#context.log.warn({ err, reminder: id }, "reminder schedule not cancelled");
    }
  }

  /**
   * Notifies the user, then advances a recurring reminder. Idempotent: the notification id contains the due
   * time.
   */
  async ring({ user, id, due_at }: Due): Promise<void> {
    const reminder = await this.#store.find(user, id);
    if (reminder === null || reminder.status !== "pending") return;
    const fired = reminder.notified && reminder.repeat_type === "none";
    if (fired || reminder.remind_at.getTime() !== due_at) {
      // An earlier delivery has advanced it, and may have crashed before creating the next schedule.
      if (!reminder.scheduled) await this.#set(reminder);
      return;
    }
    await this.#tell(reminder, due_at);
    const only = { remind_at: reminder.remind_at, status: "pending" as const };
    if (reminder.repeat_type === "none") {
      await this.#store.change(user, id, { $set: { notified: true } }, only);
      return;
    }
    const next = nextRepetition(
      JSON.parse(reminder.anchor) as LocalTime,
      reminder.time_zone,
      reminder.repeat_type,
      Math.max(Date.now(), due_at),
    );
    const moved = await this.#store.change(
      user,
      id,
      { $set: { remind_at: new Date(next), notified: true, scheduled: false } },
      only,
    );
    if (moved === null) return;
    await this.#set(moved);
  }

  async #set(reminder: ReminderDocument): Promise<void> {
    await this.#schedules.set("reminder", reminder.user, reminder._id, reminder.remind_at);
    await this.#store.markScheduled(reminder);
  }

  async #tell(reminder: ReminderDocument, dueAt: number): Promise<void> {
    const { _id: id, user, title, description, session_id } = reminder;
    const key = `${id}_${dueAt}`;
    const data = {
      reminder_id: id,
      remind_at: reminder.remind_at.toISOString(),
      repeat_type: reminder.repeat_type,
    };
    const body = description === "" ? title : description;
    await notify(this.#context, user, { id: `ntf_${key}`, type: "reminder", title, body, data }, session_id);
    if (session_id === undefined) return;
    const text = description === "" ? `⏰ ${title}` : `⏰ ${title}\n${description}`;
    await sayInSession(this.#context, { user, session: session_id, text, key });
  }
}
