import type { Logger } from "../../infra/log.ts";

const againMs = 5_000;
const batch = 200;

/** What may lack its schedule, and how to set it. */
export interface Unscheduled<T> {
  /** What it is, for the log. */
  what: string;
  find(limit: number): Promise<T[]>;
  /** Sets the schedule and marks it as set, so that {@link find} does not find it again. */
  set(one: T): Promise<void>;
}

/** Sets schedules that are missing: those whose process died, or whose engine was away, between the store and the clock. */
export class ScheduleRepair<T> {
  readonly #log: Logger;
  readonly #unscheduled: Unscheduled<T>;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(log: Logger, unscheduled: Unscheduled<T>) {
    this.#log = log;
    this.#unscheduled = unscheduled;
  }

  /** Sets all that are missing. @throws as the store or the clock does */
  async all(): Promise<void> {
    for (;;) {
      const left = await this.#unscheduled.find(batch);
      for (const one of left) await this.#unscheduled.set(one);
      if (left.length < batch) return;
    }
  }

  /** Sets them in a while, and again until it succeeds. */
  soon(): void {
    if (this.#timer !== undefined || this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.all().catch((err: unknown) => {
        this.#log.warn({ err, what: this.#unscheduled.what }, "not scheduled yet");
        this.soon();
      });
    }, againMs);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
