import { schedulesStreamConfig } from "../../infra/nats/stream-configs.ts";
import { streamLife } from "../../infra/nats/stream-life.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { collections } from "../../schemas/documents/collections.ts";
import type { Due, ScheduleStream } from "../../schemas/documents/reminder.ts";
import { filterOf, subjectOf } from "../../schemas/messages/define.ts";
import { schedule, scheduleDue } from "../../schemas/messages/schedules.ts";
import { type ScheduleKind, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";

const inFlight = 128;
const lookMs = 30_000;

type Deps = Pick<ActorContext, "bus" | "js" | "jsm" | "db" | "log" | "lifecycle">;

/**
 * Scheduled messages of JetStream, which the server publishes when they are due, or at once when overdue. A
 * repeating item is rescheduled each time it fires, so that an outage of any length causes one late run; the
 * server's own cron schedules would skip it.
 */
export class Schedules {
  readonly #context: Deps;

  constructor(context: Deps) {
    this.#context = context;
  }

  /**
   * Creates the stream. When it no longer holds the schedules of this kind, calls `unscheduleAll` first, so
   * that all are set again. After a crash in between, the next process repeats it.
   */
  async prepare(kind: ScheduleKind, unscheduleAll: () => Promise<void>): Promise<void> {
    await this.#follow(kind, unscheduleAll);
  }

  /** Checks every 30 s whether the stream was recreated empty; then calls `setAgain`. */
  watch(kind: ScheduleKind, unscheduleAll: () => Promise<void>, setAgain: () => Promise<unknown>): void {
    const { log, lifecycle } = this.#context;
    const look = async () => {
      if (await this.#follow(kind, unscheduleAll)) await setAgain();
    };
    const timer = setInterval(() => {
      look().catch((err: unknown) => log.warn({ err, kind }, "schedule stream not checked"));
    }, lookMs);
    lifecycle.onStop(`schedules of ${kind}`, () => clearInterval(timer));
  }

  /** Whether the stream is not the one that had this kind's schedules. */
  async #follow(kind: ScheduleKind, unscheduleAll: () => Promise<void>): Promise<boolean> {
    const { js, jsm, db, log } = this.#context;
    await ensureStream(jsm, schedulesStreamConfig());
    const created = await streamLife(jsm, js, schedule.stream, subjects.scheduleLife);
    const streams = db.collection<ScheduleStream>(collections.scheduleStreams);
    const before = await streams.findOne({ _id: kind });
    if (before?.created === created) return false;
    if (before !== null) log.warn({ kind }, "schedule stream was recreated, setting schedules again");
    await unscheduleAll();
    await streams.updateOne({ _id: kind }, { $set: { created } }, { upsert: true });
    return true;
  }

  /** Sets the schedule of this kind and id, replacing an earlier one. */
  async set(kind: ScheduleKind, user: string, id: string, at: Date): Promise<void> {
    const to = { kind, user, id };
    await this.#context.bus.append(
      schedule,
      { user, id, due_at: at.getTime() },
      { to, schedule: { at, target: subjectOf(scheduleDue, to) } },
    );
  }

  /** Cancels a schedule. A message that is already due is still delivered. */
  async cancel(kind: ScheduleKind, user: string, id: string): Promise<void> {
    const filter = subjectOf(schedule, { kind, user, id });
    await this.#context.jsm.streams.purge(schedule.stream, { filter });
  }

  /** Cancels all schedules of a user, including messages already due. */
  async cancelAll(kind: ScheduleKind, user: string): Promise<void> {
    for (const entry of [schedule, scheduleDue])
      await this.#context.jsm.streams.purge(entry.stream, { filter: filterOf(entry, { kind, user }) });
  }

  /** Delivers due messages; all processes that call this share them. */
  async serve(kind: ScheduleKind, handle: (due: Due) => Promise<void>): Promise<void> {
    await this.#context.bus.consume(scheduleDue, { name: `due-${kind}`, of: { kind }, inFlight }, handle);
  }
}
