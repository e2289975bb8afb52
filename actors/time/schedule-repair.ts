import type { Logger } from "../../infra/log.ts";

const againMs = 5_000;
const batch = 200;

/** Items that may lack their schedule, and how to set it. */
export interface Unscheduled<T> {
  /** Kind of the items, for the log. */
  what: string;
  find(limit: number): Promise<T[]>;
  /** Sets the schedule and marks the item, so that {@link find} does not return it again. */
  set(one: T): Promise<void>;
}

/**
 * Sets missing schedules: a crash or outage between the store and the schedule stream leaves an item without
 * one.
 */
export class ScheduleRepair<T> {
  readonly #log: Logger;
  readonly #unscheduled: Unscheduled<T>;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(log: Logger, unscheduled: Unscheduled<T>) {
    this.#log = log;
    this.#unscheduled = unscheduled;
  }

  /** Sets all missing schedules. @throws as the store or the schedule stream does */
  async all(): Promise<void> {
    for (;;) {
      const left = await this.#unscheduled.find(batch);
      for (const one of left) await this.#unscheduled.set(one);
      if (left.length < batch) return;
    }
  }

  /** Sets them after a delay, and retries until it succeeds. */
  soon(): void {
    if (this.#timer !== undefined || this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.all().catch((err: unknown) => {
        this.#log.warn({ err, what: this.#unscheduled.what }, "schedules not repaired, retrying");
        this.soon();
      });
    }, againMs);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
