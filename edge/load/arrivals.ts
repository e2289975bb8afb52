import { setTimeout as sleep } from "node:timers/promises";

/** When operations are to be sent: `rate` a second, risen to from zero in the first `ramp` seconds. */
export interface Plan {
  rate: number;
  ramp: number;
  /** Seconds in all. */
  duration: number;
}

/**
 * The second at which operation `index` is due. While the rate rises linearly, `n = rate · t² / (2 · ramp)` operations
 * are due by `t`; after that they come evenly.
 */
export function dueAt(index: number, { rate, ramp }: Plan): number {
  const inRamp = (rate * ramp) / 2;
  if (index < inRamp) return Math.sqrt((2 * ramp * index) / rate);
  return ramp + (index - inRamp) / rate;
}

/**
 * Calls `send` for each operation at its time, however slow the server is: an open loop. `send` gets the intended time
 * (`performance.now()`), from which latency counts, so that a stall of the server is charged to every operation that was
 * due meanwhile.
 */
export async function runOpenLoop(
  plan: Plan,
  send: (index: number, intendedAt: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const start = performance.now();
  for (let index = 0; ; index += 1) {
    const due = dueAt(index, plan);
    if (due >= plan.duration || signal.aborted) return;
    const at = start + due * 1_000;
    const wait = at - performance.now();
    if (wait > 1) await sleep(wait, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    send(index, at);
  }
}
