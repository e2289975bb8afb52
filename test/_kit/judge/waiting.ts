/** Rejects with an error that names what was expected if the promise does not settle within `ms`. */
export async function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`expected within ${ms} ms: ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waiters that are re-evaluated after each event. */
export class Watch {
  #waiting = new Set<() => void>();

  /** Re-evaluates the waiters. */
  changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /**
   * Resolves with the first value of `look` that is not undefined or false; evaluated now and after each
   * {@link changed}.
   */
  async until<T>(look: () => T | undefined | false, ms: number, what: string): Promise<T> {
    const seen = new Promise<T>((resolve, reject) => {
      const check = () => {
        try {
          const value = look();
          if (value === undefined || value === false) return;
          this.#waiting.delete(check);
          resolve(value);
        } catch (error) {
          this.#waiting.delete(check);
          reject(error);
        }
      };
      this.#waiting.add(check);
      check();
    });
    return within(seen, ms, what);
  }
}

const pollMs = 50;

/**
 * Resolves with the first value of `look` that is not undefined or false, by polling: for state without
 * events (an engine's).
 */
export async function eventually<T>(
  look: () => Promise<T | undefined | false>,
  ms: number,
  what: string,
): Promise<T> {
  const deadline = performance.now() + ms;
  let last: unknown;
  for (;;) {
    try {
      const value = await look();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`expected within ${ms} ms: ${what}`, { cause: last });
    await lasting(pollMs);
  }
}

/** Duration of a fault or of a pause between faults: the only place where tests use fixed delays. */
export function lasting(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
