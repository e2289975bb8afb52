import { setTimeout as delay } from "node:timers/promises";
import type { Msg } from "nats";
import { z } from "zod";
import { takeBack } from "../../infra/nats/large-message.ts";
import { fromZodError, ParleyError } from "../../schemas/errors.ts";
import { idSchema } from "../../schemas/ids.ts";
import {
  asideTurnSchema,
  edgeInterestSchema,
  type StatelessAnswer,
  statelessTurnSchema,
} from "../../schemas/messages/stateless-turn.ts";
import { lastToken, subjects, turnQueueGroup } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { StatelessTurns } from "./stateless-turns.ts";
import { UsageLedger } from "./usage-ledger.ts";

const addressSchema = z.object({ edge: idSchema, request: idSchema });

const serverAnswerMs = 500;

/** Waits for an answer of the server, which does not come while it is away. */
async function briefly(answer: Promise<unknown>): Promise<void> {
  const given = new AbortController();
  const late = delay(serverAnswerMs, undefined, { signal: given.signal });
  await Promise.race([answer, late]).catch(() => {});
  given.abort();
  await late.catch(() => {});
}

/** Serves turns without a session. At a stop the running ones end first; `stop` may be called earlier, too. */
export function startStateless(
  ctx: Pick<ActorContext, "nc" | "bus" | "db" | "models" | "quota" | "log" | "settings" | "lifecycle">,
): { stop(): Promise<void> } {
  const { nc, db, models, quota, log, settings, lifecycle } = ctx;
  const send = (to: z.infer<typeof addressSchema>, answer: StatelessAnswer): void =>
    nc.publish(subjects.outEdge(to.edge, to.request), JSON.stringify(answer));
  const ledger = new UsageLedger(db, log);
  const turns = new StatelessTurns({ models, ledger, quota, limits: settings.limits, log, send });

  const begin = turnReader(ctx, turns, send);
  const listen = (subject: string, handle: (msg: Msg) => void, queue?: string) =>
    nc.subscribe(subject, {
      ...(queue !== undefined && { queue }),
      callback: (err, msg) => {
        if (err === null) handle(msg);
        else log.error({ err, subject }, "subscription failed");
      },
    });
  listen(subjects.turnCancelAll, (msg) => turns.cancel(lastToken(msg.subject)));
  listen(subjects.edgeInterestAll, (msg) => {
    const interest = edgeInterestSchema.safeParse(payloadOf(msg));
    if (interest.success) turns.interest(lastToken(msg.subject), interest.data.requests);
  });
  const incoming = listen(subjects.turnStateless, begin, turnQueueGroup);

  const stop = async (): Promise<void> => {
    // What was delivered but not yet handled still counts as taken.
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

function payloadOf(msg: Msg): unknown {
  try {
    return msg.json();
  } catch {
    return undefined;
  }
}

/** Begins the turn of a message, or of what it names; one that can't be read is answered so. */
function turnReader(
  { nc, log }: Pick<ActorContext, "nc" | "bus" | "log">,
  turns: StatelessTurns,
  send: (to: z.infer<typeof addressSchema>, answer: StatelessAnswer) => void,
): (msg: Msg) => void {
  const begin = (payload: unknown): void => {
    const turn = statelessTurnSchema.safeParse(payload);
    if (turn.success) {
      turns.start(turn.data);
      return;
    }
    log.warn({ err: turn.error }, "turn without a session is malformed");
    const to = addressSchema.safeParse(payload);
    const { errorType, message } = fromZodError(turn.error);
    if (to.success) send(to.data, { kind: "error", errorType, message });
  };
  const beginAside = async ({ aside, ...to }: z.infer<typeof asideTurnSchema>): Promise<void> => {
    try {
      begin(JSON.parse((await takeBack(nc, aside)) ?? "null"));
    } catch (err) {
      log.warn({ err }, "turn without a session can't be read");
      const { errorType, message } = new ParleyError("storage_unavailable");
      send(to, { kind: "error", errorType, message });
    }
  };
  return (msg) => {
    const payload = payloadOf(msg);
    const named = asideTurnSchema.safeParse(payload);
    if (named.success) void beginAside(named.data);
    else begin(payload);
  };
}
