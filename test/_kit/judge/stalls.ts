const everyMs = 5;

/**
 * The longest time in which the event loop of this process stood still, ms. Only time in which the process itself used
 * the CPU counts: a busy machine is not its fault.
 */
export class StallWatch {
  #longest = 0;
  #wall = performance.now();
  #cpu = process.cpuUsage();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#tick(), everyMs);
  }

  /** Ends the watch. Answers the longest stall, ms. */
  stop(): number {
    this.#tick();
    clearInterval(this.#timer);
    return this.#longest;
  }

  #tick(): void {
    const wall = performance.now();
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#longest = Math.max(this.#longest, Math.min(wall - this.#wall - everyMs, (user + system) / 1000));
    this.#wall = wall;
    this.#cpu = process.cpuUsage();
  }
}
