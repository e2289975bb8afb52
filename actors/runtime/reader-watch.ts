import type { Logger } from "../../infra/log.ts";
import type { Metrics } from "../../infra/metrics.ts";
import type { KeyedRuntime } from "./keyed-runtime.ts";

const lookMs = 500;
/** Silence limit; live consumers send a heartbeat every second. */
const silentMs = 2_500;
/** A check this late means that this process was paused or blocked. */
const stallMs = 1_500;

/** Dependencies of a watch. */
export interface WatchContext {
  metrics: Metrics;
  log: Logger;
  /** Whether the connection is up; without it, silence is expected. */
  connected(): boolean;
  /** Restores the group's stream, which may have lost its content. */
  restore(runtime: KeyedRuntime): void;
}

/**
 * Checks the readers of all partitions twice a second and re-creates silent ones. `problem`: what is not
 * being read.
 */
export function watchReaders(
  { metrics, connected, restore }: WatchContext,
  runtimes: readonly KeyedRuntime[],
): { stop(): void; problem(): string | undefined } {
  const remade = metrics.counter(
    "parley_partition_readers_remade_total",
    "Readers of partitions that were silent and made again",
    ["group"],
  );
  const silence = metrics.gauge(
    "parley_partition_silence_seconds",
    "Longest time since a partition's reader has heard from its server, by group",
    ["group"],
    () => {
      for (const runtime of runtimes) silence.set({ group: runtime.group.name }, runtime.silentMs / 1_000);
    },
  );
  for (const { group } of runtimes) remade.inc({ group: group.name }, 0);
  let lastLook = performance.now();
  const look = () => {
    const now = performance.now();
    const stalled = now - lastLook > stallMs;
    lastLook = now;
    for (const runtime of runtimes) {
      if (stalled || !connected()) {
        runtime.forgiveSilence();
        continue;
      }
      const count = runtime.rereadSilent(silentMs).length;
      if (count === 0) continue;
      remade.inc({ group: runtime.group.name }, count);
      restore(runtime);
    }
  };
  const timer = setInterval(look, lookMs);
  return {
    stop: () => clearInterval(timer),
    problem() {
      const silent = runtimes.find((runtime) => runtime.silentMs > 2 * silentMs);
      return silent && `partitions of ${silent.group.name} are not read`;
    },
  };
}
