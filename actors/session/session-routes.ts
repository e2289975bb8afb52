import { ParleyError } from "../../schemas/errors.ts";
import type { Principal } from "../../schemas/principal.ts";
import { clearSession, deleteSession, sessionMessages } from "../../schemas/routes/sessions.ts";
import { type RestContext, serveRoute } from "../rest.ts";
import type { Eraser } from "./erase.ts";
import type { History } from "./history.ts";
import type { SessionDocuments } from "./session-documents.ts";
import type { SessionOwner } from "./session-owner.ts";
import type { TurnStore } from "./turn-store.ts";

/** What the routes of sessions work with. */
export interface SessionServices {
  store: TurnStore;
  sessions: SessionDocuments;
  owner: SessionOwner;
  history: History;
  eraser: Eraser;
}

/** Serves the REST side of sessions; any process can, whoever owns the session. */
export function serveSessionRoutes(context: RestContext, services: SessionServices): void {
  serveRoute(context, sessionMessages, async ({ principal, params, query }) => {
    const user = await userOf(services, principal, query.user_id, params.id);
    const page = await services.history.page(user, params.id, query);
    if (page.messages.length === 0) await assertExists(services, user, params.id);
    return page;
  });
  serveRoute(context, clearSession, async ({ principal, params, query }) => {
    const user = await userOf(services, principal, query.user_id, params.id);
    await assertExists(services, user, params.id);
    await services.eraser.clear(user, params.id);
    return { status: "cleared" as const };
  });
  serveRoute(context, deleteSession, async ({ principal, params, query }) => {
    const user = await userOf(services, principal, query.user_id, params.id);
    await assertExists(services, user, params.id);
    await services.eraser.delete(user, params.id);
    return { status: "deleted" as const };
  });
}

/**
 * Whose session an id means: one's own. An administrator's is that of `user_id` where given, else his own, else the
 * one of that id that was updated last.
 */
async function userOf(
  services: SessionServices,
  principal: Principal,
  asked: string | undefined,
  session: string,
): Promise<string> {
  if (asked !== undefined && asked !== principal.user_id && !principal.is_admin)
    throw new ParleyError("admin_only");
  if (asked !== undefined) return asked;
  if (!principal.is_admin || (await exists(services, principal.user_id, session))) return principal.user_id;
  return (await services.sessions.userOf(session)) ?? principal.user_id;
}

async function assertExists(services: SessionServices, user: string, session: string): Promise<void> {
  if (!(await exists(services, user, session))) throw new ParleyError("session_not_found");
}

/** A session is there from its first accepted message on, before that message's turn is committed. */
async function exists(
  { store, sessions, owner }: SessionServices,
  user: string,
  session: string,
): Promise<boolean> {
  if ((await sessions.find(user, session)) !== null) return true;
  const [last] = await store.tail(user, session, 1);
  if (last !== undefined && last.kind !== "delete") return true;
  return (await owner.queue(user, session)).unfinished.length > 0;
}
