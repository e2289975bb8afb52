import { bridgeStreamConfig, eventsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import type { BridgeAsk } from "../../schemas/documents/bridge.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { bridgeAsk } from "../../schemas/messages/bridge.ts";
import { createBindToken, deleteBinding, listBindings } from "../../schemas/routes/bindings.ts";
import type { ActorContext } from "../actor-context.ts";
import { onUserDeleted } from "../events/user-erasure.ts";
import { serveRoute } from "../requests/rest.ts";
import { Bindings } from "./bindings.ts";

/** Serves the bindings of chat platform accounts: REST for users, `bridge.ask` for bridges. */
export async function startBindings(context: ActorContext): Promise<void> {
  const { db, bus, jsm } = context;
  const bindings = new Bindings(db, bus);
  await Promise.all([
    bindings.createIndexes(),
    ensureStream(jsm, bridgeStreamConfig()),
    ensureStream(jsm, eventsStreamConfig()),
  ]);
  bus.serve(bridgeAsk, async (ask) => ({ user: await answerAsk(bindings, ask) }));
  serveRoute(context, createBindToken, ({ principal }) => bindings.createCode(principal.user_id));
  serveRoute(context, listBindings, async ({ principal }) => {
    const list = (await bindings.list(principal.user_id)).map(({ platform, external_id, at }) => {
      return { platform, external_id, bound_at: at.toISOString() };
    });
    return { bindings: list, total: list.length };
  });
  serveRoute(context, deleteBinding, async ({ principal, params }) => {
    const found = await bindings.unbind(params.platform, params.id, principal.user_id);
    if (!found) throw new ParleyError("not_found");
    return { status: "deleted" as const };
  });
  await onUserDeleted(context, "bindings_user_deleted", (user) => bindings.forget(user));
}

async function answerAsk(bindings: Bindings, ask: BridgeAsk): Promise<string | null> {
  const { platform, external_id } = ask;
  if (ask.kind === "resolve") return bindings.userOf(platform, external_id);
  if (ask.kind === "burn") {
    await bindings.redeem(ask.code);
    return null;
  }
  if (ask.kind === "unbind") {
    const user = await bindings.userOf(platform, external_id);
    await bindings.unbind(platform, external_id);
    return user;
  }
  const user = ask.code === undefined ? (ask.user ?? null) : await bindings.redeem(ask.code);
  if (user !== null) await bindings.bind(platform, external_id, user);
  return user;
}
