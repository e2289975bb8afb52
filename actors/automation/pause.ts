import { setImmediate, setTimeout } from "node:timers/promises";

const longestMs = 2 ** 31 - 1;
const sliceMs = 8;

/** Resolves after `ms`, or when the signal is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  const until = Date.now() + ms;
  for (let left = ms; left > 0 && signal?.aborted !== true; left = until - Date.now())
    await setTimeout(Math.min(left, longestMs), undefined, signal && { signal }).catch(() => undefined);
}

/** Splits long work into slices and yields to the event loop between them. */
export class Slices {
  #began = performance.now();

  /** Resolves immediately within a slice, otherwise after a turn of the event loop. */
  async next(): Promise<void> {
    if (performance.now() - this.#began < sliceMs) return;
    await setImmediate();
    this.#began = performance.now();
  }
}
