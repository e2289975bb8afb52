import { setImmediate, setTimeout } from "node:timers/promises";

const longestMs = 2 ** 31 - 1;
const sliceMs = 8;

/** Resolves after so many ms, or when the signal is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  const until = Date.now() + ms;
  for (let left = ms; left > 0 && signal?.aborted !== true; left = until - Date.now())
    await setTimeout(Math.min(left, longestMs), undefined, signal && { signal }).catch(() => undefined);
}

/** Long work in slices: between two of them the event loop serves everybody else. */
export class Slices {
  #began = performance.now();

  /** Resolves at once within a slice, else after the event loop has turned. */
  async next(): Promise<void> {
    if (performance.now() - this.#began < sliceMs) return;
    await setImmediate();
    this.#began = performance.now();
  }
}
