import { readRejected } from "../../infra/bus/rejected.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { clientReport } from "../../schemas/messages/processes.ts";
import {
  getSessionState,
  listActiveSessions,
  listClients,
  listRejected,
  listSessionStates,
  noteClient,
} from "../../schemas/routes/admin.ts";
import type { ActorContext } from "../actor-context.ts";
import { settingsStore } from "../models/configured-models.ts";
import { serveRoute } from "../requests/rest.ts";
import { KnownClients } from "./known-clients.ts";
import { serveModelSettings } from "./model-routes.ts";
import { SessionStates } from "./session-states.ts";
import { Surveyor } from "./survey.ts";

/** Starts the admin API: live sessions and clients, rejected messages and the model configuration. */
export async function startAdmin(context: ActorContext): Promise<void> {
  const { bus, db, log } = context;
  const surveyor = new Surveyor(bus);
  const clients = new KnownClients(db, surveyor, log);
  await clients.createIndexes();
  serveSessionStates(context, new SessionStates(db, surveyor));
  serveClients(context, clients);
  serveRoute(context, listRejected, async ({ query: { limit, before } }) => {
    const { total, entries } = await readRejected(context, limit, before);
    return { rejected: entries, total };
  });
  serveModelSettings(context, settingsStore(context));
}

function serveSessionStates(context: ActorContext, states: SessionStates): void {
  serveRoute(context, listSessionStates, async ({ query: { user_id, ...page } }) =>
    states.page(user_id, page),
  );
  serveRoute(context, listActiveSessions, async () => ({ users: await states.active() }));
  serveRoute(context, getSessionState, async ({ principal, params, query }) => {
    const state = await states.one(params.id, query.user_id, principal.user_id);
    if (state === undefined) throw new ParleyError("session_not_found");
    return state;
  });
}

function serveClients(context: ActorContext, clients: KnownClients): void {
  const { bus, log } = context;
  bus.listen(clientReport, (report) => {
    // The edge's next report contains the same clients.
    clients
      .seen(report.clients, new Date(report.at))
      .catch((err: unknown) => log.warn({ err, clients: report.clients.length }, "client report not stored"));
  });
  serveRoute(context, listClients, async ({ query }) => clients.list(query.user_id));
  serveRoute(context, noteClient, async ({ principal, params, query, body }) => {
    if (!(await clients.note(params.id, body.note, query.user_id, principal.user_id)))
      throw new ParleyError("not_found", { error: "客户端未找到" });
    return { status: "ok" as const, client_id: params.id, note: body.note };
  });
}
