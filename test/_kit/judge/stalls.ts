const everyMs = 5;

/**
 * The longest stall of this process's event loop, ms. Only periods in which the process used the CPU count,
 * so that load of the machine has no effect.
 */
export class StallWatch {
  #longest = 0;
  #wall = performance.now();
  #cpu = process.cpuUsage();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#tick(), everyMs);
  }

  /** Stops monitoring. Returns the longest stall, ms. */
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
