/** Says what keeps a process from serving; undefined while nothing does. */
export type ReadinessCheck = () => string | undefined;

/** Whether a process can do its work now, and why not. It is starting until {@link Readiness.started}. */
export class Readiness {
  readonly #checks: ReadinessCheck[] = [];
  #started = false;

  /** Asks `check` from now on. */
  add(check: ReadinessCheck): void {
    this.#checks.push(check);
  }

  /** The start is complete. */
  started(): void {
    this.#started = true;
  }

  /** Whether the start is complete. */
  get isStarted(): boolean {
    return this.#started;
  }

  /** What keeps the process from serving, empty = ready. */
  problems(): string[] {
    const found = this.#checks.map((check) => check()).filter((problem) => problem !== undefined);
    return this.#started ? found : ["starting", ...found];
  }
}
