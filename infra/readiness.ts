/** Returns why a process can't serve; undefined when it can. */
export type ReadinessCheck = () => string | undefined;

/** Readiness of a process, with reasons. It is starting until {@link Readiness.started}. */
export class Readiness {
  readonly #checks: ReadinessCheck[] = [];
  #started = false;

  /** Adds a check. */
  add(check: ReadinessCheck): void {
    this.#checks.push(check);
  }

  /** Marks the start as complete. */
  started(): void {
    this.#started = true;
  }

  /** Whether the start is complete. */
  get isStarted(): boolean {
    return this.#started;
  }

  /** Reasons why the process can't serve, empty = ready. */
  problems(): string[] {
    const found = this.#checks.map((check) => check()).filter((problem) => problem !== undefined);
    return this.#started ? found : ["starting", ...found];
  }
}
