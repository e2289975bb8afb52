import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { RawMessage } from "../../infra/bus/listen.ts";
import { parsePayload } from "../../infra/bus/payload.ts";
import { takeBack } from "../../infra/nats/large-message.ts";
import { fromZodError, ParleyError } from "../../schemas/errors.ts";
import { idSchema } from "../../schemas/ids.ts";
import { statelessAnswer } from "../../schemas/messages/out.ts";
import { edgeInterest, statelessTurn, turnCancel } from "../../schemas/messages/stateless.ts";
import {
  asideTurnSchema,
  type StatelessAnswer,
  statelessTurnSchema,
} from "../../schemas/messages/stateless-turn.ts";
import { lastToken } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { StatelessTurns } from "./stateless-turns.ts";
import { UsageLedger } from "./usage-ledger.ts";

const addressSchema = z.object({ edge: idSchema, request: idSchema });

const serverAnswerMs = 500;

/** Waits a bounded time for an answer of the NATS server, which never comes while it is disconnected. */
async function briefly(answer: Promise<unknown>): Promise<void> {
  const answered = new AbortController();
  const late = delay(serverAnswerMs, undefined, { signal: answered.signal });
  await Promise.race([answer, late]).catch(() => {});
  answered.abort();
  await late.catch(() => {});
}

/** Serves stateless turns. On shutdown running turns finish first; `stop` may also be called earlier. */
export function startStateless(
  ctx: Pick<ActorContext, "nc" | "bus" | "db" | "models" | "quota" | "log" | "settings" | "lifecycle">,
): { stop(): Promise<void> } {
  const { nc, bus, db, models, quota, log, settings, lifecycle } = ctx;
  const send = (to: z.infer<typeof addressSchema>, answer: StatelessAnswer): void =>
    bus.signal(statelessAnswer, answer, to);
  const ledger = new UsageLedger(db, log);
  const turns = new StatelessTurns({ models, ledger, quota, limits: settings.limits, log, send });

  const begin = turnReader(ctx, turns, send);
  bus.listen(turnCancel, ({ request }) => turns.cancel(request));
  bus.listen(edgeInterest, ({ requests }, { subject }) => turns.interest(lastToken(subject), requests));
  const incoming = bus.listenRaw(statelessTurn, begin);

  const stop = async (): Promise<void> => {
    // Messages delivered but not yet handled are still processed.
    await briefly(incoming.drain());
    await turns.stop();
    await Promise.all([briefly(nc.flush()), ledger.stop()]);
  };
  let stopping: Promise<void> | undefined;
  const stopOnce = (): Promise<void> => {
    stopping ??= stop();
    return stopping;
  };
  lifecycle.onStop("turns without a session", stopOnce);
  return { stop: stopOnce };
}

/** Starts the turn of a message, or of the object it references; answers an invalid one with an error. */
function turnReader(
  { nc, log }: Pick<ActorContext, "nc" | "bus" | "log">,
  turns: StatelessTurns,
  send: (to: z.infer<typeof addressSchema>, answer: StatelessAnswer) => void,
): (message: RawMessage) => void {
  const begin = (data: Uint8Array): void => {
    const turn = parsePayload(statelessTurnSchema, data);
    if (turn.ok) {
      turns.start(turn.message);
      return;
    }
    log.warn({ err: turn.error }, "invalid stateless turn");
    const to = parsePayload(addressSchema, data);
    const { errorType, message } =
      turn.error instanceof z.ZodError ? fromZodError(turn.error) : new ParleyError("invalid_json");
    if (to.ok) send(to.message, { kind: "error", errorType, message });
  };
  const beginAside = async ({ aside, ...to }: z.infer<typeof asideTurnSchema>): Promise<void> => {
    try {
      begin(Buffer.from((await takeBack(nc, aside)) ?? "null"));
    } catch (err) {
      log.warn({ err, ...to }, "stored stateless turn not readable");
      const { errorType, message } = new ParleyError("storage_unavailable");
      send(to, { kind: "error", errorType, message });
    }
  };
  return ({ data }) => {
    const named = parsePayload(asideTurnSchema, data);
    if (named.ok) void beginAside(named.message);
    else begin(data);
  };
}
