import type { Bus } from "../../infra/bus/bus.ts";
import { partitionMove } from "../../schemas/messages/processes.ts";
import type { KeyedRuntime } from "./keyed-runtime.ts";

/** Answers the move requests that other processes send to this one; `cut` ends what still runs. */
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
