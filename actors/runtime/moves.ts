import type { NatsConnection } from "nats";
import type { Logger } from "../../infra/log.ts";
import { moveRequestSchema } from "../../schemas/messages/actors-alive.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import type { KeyedRuntime } from "./keyed-runtime.ts";

/** Answers the move requests that other processes send to this one; `cut` ends what still runs. */
export function serveMoves(
  nc: NatsConnection,
  id: string,
  runtimes: readonly KeyedRuntime[],
  cut: AbortSignal,
  log: Logger,
): void {
  nc.subscribe(subjects.actorMove(id), {
    callback: (err, message) => {
      if (err !== null) return;
      const request = moveRequestSchema.parse(message.json());
      const runtime = runtimes.find(({ group }) => group.name === request.group);
      if (runtime === undefined) return;
      runtime.handOver(request, cut).then(
        (answer) => message.respond(JSON.stringify(answer)),
        (reason: unknown) => log.warn({ err: reason, ...request }, "partition could not be handed over"),
      );
    },
  });
}
