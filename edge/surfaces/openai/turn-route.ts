import type { StatelessTurn } from "../../../schemas/messages/stateless-turn.ts";
import type { Principal } from "../../../schemas/principal.ts";
import { tokenOf } from "../../identity/identity.ts";
import type { Services } from "../../services.ts";
import { type AnswerFormat, streamedAnswer, wholeAnswer } from "./answer.ts";
import type { StatelessTurns } from "./stateless-turn-client.ts";

/** A request of one of OpenAI's APIs, read: the turn that it asks for and the form of its answer. */
export interface TurnRequest {
  turn: Pick<StatelessTurn, "model" | "messages" | "params">;
  format: AnswerFormat;
  stream: boolean;
}

/**
 * Registers a path that answers by a turn without a session. `read` turns its body into the turn.
 * @see AnswerFormat
 */
export function addTurnRoute(
  { router, identity, revocations, settings }: Services,
  turns: StatelessTurns,
  path: string,
  read: (body: unknown, principal: Principal) => Promise<TurnRequest>,
): void {
  router.route(
    "POST",
    path,
    async (exchange, body) => {
      const principal = await identity.identify(tokenOf(exchange.head));
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
    { errors: "openai", bodyBytes: settings.limits.completionBodyBytes },
  );
}
