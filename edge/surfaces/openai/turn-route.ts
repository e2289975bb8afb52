import { ParleyError } from "../../../schemas/errors.ts";
import type { StatelessTurn } from "../../../schemas/messages/stateless-turn.ts";
import type { Principal } from "../../../schemas/principal.ts";
import { withMessageRate } from "../../admission/message-rate.ts";
import type { Services } from "../../services.ts";
import { type AnswerFormat, streamedAnswer, wholeAnswer } from "./answer.ts";
import type { StatelessTurns } from "./stateless-turn-client.ts";

/** A parsed request of one of OpenAI's APIs: its turn and the response format. */
export interface TurnRequest {
  turn: Pick<StatelessTurn, "model" | "messages" | "params">;
  format: AnswerFormat;
  stream: boolean;
}

/**
 * Registers a path that runs turns without a session. `read` converts its body to the turn.
 * @see AnswerFormat
 */
export function addTurnRoute(
  services: Services,
  turns: StatelessTurns,
  path: string,
  read: (body: unknown, principal: Principal) => Promise<TurnRequest>,
): void {
  const { router, identity, revocations, settings } = services;
  router.route({
    method: "POST",
    path,
    errors: "openai",
    authorize: withMessageRate(services, identity.authorizeUser("chat")),
    body: "json",
    maxBytes: settings.limits.completionBodyBytes,
    handler: async (exchange, { principal }, body) => {
      if (principal === null) throw new ParleyError("unauthorized");
      const { turn, format, stream } = await read(body, principal);
      const receive = stream
        ? streamedAnswer(exchange, settings.limits, format)
        : wholeAnswer(exchange, format);
      const cancel = turns.start({ user: principal.user_id, ...turn }, receive);
      exchange.onAbort(cancel);
      revocations.watch(exchange, principal, ({ errorType, message }) => {
        cancel();
        receive({ kind: "error", errorType, message });
      });
    },
  });
}
