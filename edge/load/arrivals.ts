import { setTimeout as sleep } from "node:timers/promises";

/** Schedule of operations: `rate` per second, after a linear ramp-up in the first `ramp` seconds. */
export interface Plan {
  rate: number;
  ramp: number;
  /** Total seconds. */
  duration: number;
}

/**
 * The second at which operation `index` is due. During the ramp-up, `n = rate · t² / (2 · ramp)` operations
 * are due by `t`; afterwards the rate is constant.
 */
export function dueAt(index: number, { rate, ramp }: Plan): number {
  const inRamp = (rate * ramp) / 2;
  if (index < inRamp) return Math.sqrt((2 * ramp * index) / rate);
  return ramp + (index - inRamp) / rate;
}

/**
 * Calls `send` for each operation at its scheduled time, regardless of the server's speed (open loop). `send`
 * receives the intended time (`performance.now()`), from which latency counts, so that a stall of the server
 * affects every operation due meanwhile (no coordinated omission).
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
