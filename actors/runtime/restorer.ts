import type { Logger } from "../../infra/log.ts";

const firstMs = 250;
const longestMs = 5_000;

/** Retries recovery work after an outage until it succeeds; failures never end the process. */
export class Restorer {
  readonly #log: Logger;
  readonly #running = new Map<string, { again: boolean }>();
  #stopped = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Pending recovery work; undefined if there is none. */
  get problem(): string | undefined {
    const names = [...this.#running.keys()];
    return names.length > 0 ? `not restored yet: ${names.join(", ")}` : undefined;
  }

  /** Runs `work`, and once more if requested meanwhile. */
  run(name: string, work: () => Promise<void>): void {
    const running = this.#running.get(name);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const state = { again: false };
    this.#running.set(name, state);
    void this.#repeat(name, state, work);
  }

  /** Stops retrying. */
  stop(): void {
    this.#stopped = true;
  }

  async #repeat(name: string, state: { again: boolean }, work: () => Promise<void>): Promise<void> {
    for (let waitMs = firstMs; !this.#stopped; waitMs = Math.min(waitMs * 2, longestMs)) {
      try {
        state.again = false;
        await work();
        if (!state.again) break;
      } catch (err) {
        this.#log.warn({ err, name, again_in_ms: waitMs }, "recovery after outage failed, retrying");
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
    this.#running.delete(name);
  }
}
