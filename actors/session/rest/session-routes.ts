import { ParleyError } from "../../../schemas/errors.ts";
import {
  clearSession,
  createSession,
  deleteSession,
  deleteSessions,
  exportSession,
  getSession,
  listSessions,
  sessionMessages,
} from "../../../schemas/routes/sessions.ts";
import { actingUser } from "../../requests/acting-user.ts";
import { type RestContext, serveRoute } from "../../requests/rest.ts";
import type { Eraser } from "../transcript/erase.ts";
import type { History } from "../transcript/history.ts";
import type { SessionDocuments } from "./session-documents.ts";
import type { SessionExport } from "./session-export.ts";
import type { SessionList, SessionView } from "./session-list.ts";
import type { SessionUsers } from "./session-users.ts";

/** What the routes of sessions work with. */
export interface SessionServices {
  sessions: SessionDocuments;
  list: SessionList;
  files: SessionExport;
  history: History;
  eraser: Eraser;
  users: SessionUsers;
}

/** Serves the REST side of sessions; any process can, whoever owns the session. */
export function serveSessionRoutes(context: RestContext, services: SessionServices): void {
  const { list, files, users } = services;
  serveRoute(context, createSession, ({ principal, query, body }) =>
    list.create(actingUser(principal, query.user_id), body),
  );
  serveRoute(context, listSessions, ({ principal, query }) =>
    list.page(actingUser(principal, query.user_id), query),
  );
  serveRoute(context, getSession, async ({ principal, params, query }) =>
    present(services, await users.userOf(principal, query.user_id, params.id), params.id),
  );
  serveRoute(context, deleteSessions, async ({ principal, query, deadline }) => {
    await list.deleteAll(actingUser(principal, query.user_id), deadline);
    return { status: "deleted" as const };
  });
  serveRoute(context, exportSession, async ({ principal, params, query }) => {
    const user = await users.userOf(principal, query.user_id, params.id);
    return files.file(await present(services, user, params.id), query.format);
  });
  serveRoute(context, sessionMessages, async ({ principal, params, query }) => {
    const user = await users.userOf(principal, query.user_id, params.id);
    const page = await services.history.page(user, params.id, query);
    if (page.messages.length === 0) await assertExists(services, user, params.id);
    return page;
  });
  serveRoute(context, clearSession, async ({ principal, params, query, deadline }) => {
    const user = await users.userOf(principal, query.user_id, params.id);
    await assertExists(services, user, params.id);
    await services.eraser.clear(user, params.id, deadline);
    return { status: "cleared" as const };
  });
  serveRoute(context, deleteSession, async ({ principal, params, query, deadline }) => {
    const user = await users.userOf(principal, query.user_id, params.id);
    await assertExists(services, user, params.id);
    await services.eraser.delete(user, params.id, deadline);
    return { status: "deleted" as const };
  });
}

async function assertExists(services: SessionServices, user: string, session: string): Promise<void> {
  await present(services, user, session);
}

/** A session is there from its first accepted message on, before that message's turn is committed. */
async function present({ list }: SessionServices, user: string, session: string): Promise<SessionView> {
  const found = await list.find(user, session);
  if (found === null) throw new ParleyError("session_not_found");
  return found;
}
