import { setTimeout } from "node:timers/promises";

/** Resolves after so many ms, or when the signal is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, signal && { signal }).catch(() => undefined);
}
