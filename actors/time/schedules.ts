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

type Means = Pick<ActorContext, "bus" | "js" | "jsm" | "db" | "log" | "lifecycle">;

/**
 * The engine's clock: a message that the server publishes when its time has come, at once where that has passed. What
 * repeats is set anew each time it was due, so that an outage of any length makes one of all that was missed; the
 * server's own cron schedules would skip it.
 */
export class Schedules {
  readonly #context: Means;

  constructor(context: Means) {
    this.#context = context;
  }

  /**
   * Makes the stream. Where it does not hold this kind's schedules any more, `unscheduleAll` is called first: all of them
   * have to be set again. A process that dies half way leaves it to the next.
   */
  async prepare(kind: ScheduleKind, unscheduleAll: () => Promise<void>): Promise<void> {
    await this.#follow(kind, unscheduleAll);
  }

  /** Looks each 30 s whether the stream has lost its content meanwhile; then `setAgain` follows. */
  watch(kind: ScheduleKind, unscheduleAll: () => Promise<void>, setAgain: () => Promise<unknown>): void {
    const { log, lifecycle } = this.#context;
    const look = async () => {
      if (await this.#follow(kind, unscheduleAll)) await setAgain();
    };
    const timer = setInterval(() => {
      look().catch((err: unknown) => log.warn({ err, kind }, "schedules not checked"));
    }, lookMs);
    lifecycle.onStop(`schedules of ${kind}`, () => clearInterval(timer));
  }

  /** Whether the stream is another than the one that had this kind's schedules. */
  async #follow(kind: ScheduleKind, unscheduleAll: () => Promise<void>): Promise<boolean> {
    const { js, jsm, db, log } = this.#context;
    await ensureStream(jsm, schedulesStreamConfig());
    const created = await streamLife(jsm, js, schedule.stream, subjects.scheduleLife);
    const known = db.collection<ScheduleStream>(collections.scheduleStreams);
    const before = await known.findOne({ _id: kind });
    if (before?.created === created) return false;
    if (before !== null) log.warn({ kind }, "schedules are lost with their stream: they are set again");
    await unscheduleAll();
    await known.updateOne({ _id: kind }, { $set: { created } }, { upsert: true });
    return true;
  }

  /** Sets the one schedule of this kind and id; an earlier one is replaced. */
  async set(kind: ScheduleKind, user: string, id: string, at: Date): Promise<void> {
    const to = { kind, user, id };
    await this.#context.bus.append(
      schedule,
      { user, id, due_at: at.getTime() },
      { to, schedule: { at, target: subjectOf(scheduleDue, to) } },
    );
  }

  /** Takes a schedule back. What is due already comes nevertheless. */
  async cancel(kind: ScheduleKind, user: string, id: string): Promise<void> {
    const filter = subjectOf(schedule, { kind, user, id });
    await this.#context.jsm.streams.purge(schedule.stream, { filter });
  }

  /** Takes all schedules of a user back, and what is due of them. */
  async cancelAll(kind: ScheduleKind, user: string): Promise<void> {
    for (const entry of [schedule, scheduleDue])
      await this.#context.jsm.streams.purge(entry.stream, { filter: filterOf(entry, { kind, user }) });
  }

  /** Hands over what is due, to one process of all that ask. */
  async serve(kind: ScheduleKind, handle: (due: Due) => Promise<void>): Promise<void> {
    await this.#context.bus.consume(scheduleDue, { name: `due-${kind}`, of: { kind }, inFlight }, handle);
  }
}
