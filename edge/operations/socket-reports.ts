import { type SocketSurvey, type Survey, surveyEntries } from "../../schemas/messages/admin-survey.ts";
import type { ClientReport, SeenClient } from "../../schemas/messages/clients.ts";
import { clientReport, socketSurvey } from "../../schemas/messages/processes.ts";
import type { Services } from "../services.ts";
import type { OpenSocket, OpenSockets } from "./open-sockets.ts";

/** Clients that connect and disconnect within this time share one report, ms. */
const gatherMs = 50;
const clientsAReport = 100;

/**
 * Reports connected clients to the administrator's actors: when one connects or disconnects, periodically all
 * of them, and on request the number of sockets per session.
 */
export function reportSockets({ link, sockets, settings, lifecycle }: Services): void {
  const changed = new Map<string, SeenClient>();
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    timer = undefined;
    const clients = [...changed.values()];
    changed.clear();
    if (!link.up || link.nc.isClosed()) return;
    for (let from = 0; from < clients.length; from += clientsAReport) {
      const report: ClientReport = { clients: clients.slice(from, from + clientsAReport), at: Date.now() };
      link.bus.signal(clientReport, report);
    }
  };
  const note = (socket: OpenSocket) => {
    const seen = seenBy(socket);
    if (seen === undefined) return;
    changed.set(`${seen.user}.${seen.client}`, seen);
    timer ??= setTimeout(flush, gatherMs);
  };
  sockets.onChange(note);
  const all = setInterval(() => {
    for (const socket of sockets) note(socket);
  }, settings.limits.clientReportMs);

  link.bus.serve(socketSurvey, (survey) => answer(survey, sockets));
  lifecycle.onStop("socket reports", () => {
    clearInterval(all);
    clearTimeout(timer);
    flush();
  });
}

function answer({ user, session }: Survey, open: OpenSockets): SocketSurvey {
  const sockets = new Map<string, SocketSurvey["sockets"][number]>();
  const clients = new Map<string, SeenClient>();
  for (const socket of open) {
    const { user_id } = socket.principal;
    if (user !== undefined && user_id !== user) continue;
    const seen = seenBy(socket);
    if (seen !== undefined && clients.size < surveyEntries) clients.set(`${seen.user}.${seen.client}`, seen);
    if (socket.session === undefined || (session !== undefined && socket.session !== session)) continue;
    const key = `${user_id}.${socket.session}`;
    const known = sockets.get(key) ?? { user: user_id, session: socket.session, count: 0 };
    known.count += 1;
    if (sockets.size < surveyEntries) sockets.set(key, known);
  }
  return { sockets: [...sockets.values()], clients: [...clients.values()] };
}

/** A socket counts as a client if it sent a client id. */
function seenBy({ principal, clientInfo }: OpenSocket): SeenClient | undefined {
  if (clientInfo?.client_id === undefined) return undefined;
  const { client_id: client, device_name, user_agent } = clientInfo;
  return { user: principal.user_id, client, device_name, user_agent };
}
