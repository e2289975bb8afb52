import type { Bus } from "../../infra/bus/bus.ts";
import { partitionMove } from "../../schemas/messages/processes.ts";
import type { KeyedRuntime } from "./keyed-runtime.ts";

/** Serves move requests of other processes; `cut` aborts running work. */
export function serveMoves(
  bus: Pick<Bus, "serve">,
  id: string,
  runtimes: readonly KeyedRuntime[],
  cut: AbortSignal,
): void {
  bus.serve(
    partitionMove,
    (request) => runtimes.find(({ group }) => group.name === request.group)?.handOver(request, cut),
    { of: { process: id } },
  );
}
