import uWS, { type TemplatedApp, type us_listen_socket } from "uWebSockets.js";
import { Bus } from "../infra/bus/bus.ts";
import { RouteClient } from "../infra/bus/route-client.ts";
import { freePort } from "../infra/engines/free-port.ts";
import { connectNats } from "../infra/nats/connect.ts";
import { showConnection } from "../infra/nats/connection-metrics.ts";
import type { ProcessContext } from "../infra/process-context.ts";
import { newId } from "../schemas/ids.ts";
import { Admission } from "./admission/admission.ts";
import { shareRates } from "./admission/rate-reports.ts";
import { UserSessions } from "./admission/user-sessions.ts";
import { Router } from "./http/router.ts";
import { Identity } from "./identity/identity.ts";
import { KeyCheck } from "./identity/key-check.ts";
import { Revocations } from "./identity/revocations.ts";
import { Tickets } from "./identity/tickets.ts";
import { Hub } from "./live/hub.ts";
import { PresenceResponder } from "./live/presence.ts";
import { NatsLink } from "./nats-link.ts";
import { announceDegradation } from "./operations/degradation.ts";
import { Dependencies } from "./operations/dependencies.ts";
import { addDocs } from "./operations/docs.ts";
import { addHealth } from "./operations/health.ts";
import { createEdgeMetrics } from "./operations/metrics.ts";
import { OpenSockets } from "./operations/open-sockets.ts";
import { reportSockets } from "./operations/socket-reports.ts";
import { StreamWatch } from "./operations/stream-watch.ts";
import type { Services } from "./services.ts";
import { Inbox } from "./submit/inbox.ts";
import { SessionOwnerClient } from "./submit/session-owner-client.ts";
import { Submit } from "./submit/submit.ts";
import { addBridges } from "./surfaces/bridge/index.ts";
import { addConsole } from "./surfaces/console/console.ts";
import { addCyber } from "./surfaces/cyber/cyber.ts";
import { addEvents } from "./surfaces/events/events.ts";
import { addTickets } from "./surfaces/events/ticket.ts";
import { addMcp } from "./surfaces/mcp/mcp.ts";
import { addNeoChat } from "./surfaces/neo/neo-chat.ts";
import { addCompletions } from "./surfaces/openai/completions.ts";
import { addOneModel } from "./surfaces/openai/one-model.ts";
import { addResponses } from "./surfaces/openai/responses.ts";
import { StatelessTurns } from "./surfaces/openai/stateless-turn-client.ts";
import { addRestRoutes } from "./surfaces/rest/rest.ts";
import { addDiscordWebhook } from "./surfaces/webhook/discord.ts";
import { addGenericWebhook } from "./surfaces/webhook/generic.ts";
import { addChat } from "./surfaces/ws-chat/chat.ts";
import { Attachments } from "./uploads/attachments.ts";
import { Uploads } from "./uploads/uploads.ts";

/** uWebSockets.js' LIBUS_LISTEN_EXCLUSIVE_PORT: without it two edges could unknowingly share a port. */
const exclusivePort = 1;

/**
 * Starts an edge: every protocol on one port. Resolves with the port.
 * @throws Error when NATS is unreachable or the port is in use
 */
export async function startEdge(context: ProcessContext): Promise<{ port: number }> {
  const { lifecycle, settings } = context;
  const app = uWS.App();
  lifecycle.onStop("app", () => void app.close());
  const services = await buildServices(context, app);
  const { router } = services;
  const turns = new StatelessTurns(services.edge, services.link, services.inbox, settings.limits);
  lifecycle.onStop("turns without a session", () => turns.close());
  addCompletions(services, turns);
  addResponses(services, turns);
  // Parts registered above keep running while open requests end; those below close first.
  lifecycle.onStop("open requests", () => drained(router, settings.limits.edgeDrainMs));
  addHealth(services, context);
  addDocs(router);
  addConsole(router);
  addRestRoutes(router, services);
  addTickets(services);
  addEvents(services);
  addOneModel(services);
  addMcp(services);
  addNeoChat(services);
  addChat(services);
  addCyber(services);
  addGenericWebhook(services);
  addDiscordWebhook(services);
  addBridges(services);
  reportSockets(services);
  announceDegradation(services.dependencies, services.sockets);
  services.revocations.onRevoked((isRevoked) => {
    for (const socket of [...services.sockets]) if (isRevoked(socket.principal)) socket.end("unauthorized");
  });
  router.register();
  const listening = await listen(app, settings.host, settings.port || (await freePort(0)));
  lifecycle.onStop("listening", () => {
    uWS.us_listen_socket_close(listening);
    router.stopping = true;
    for (const socket of [...services.sockets]) socket.goAway();
  });
  return { port: uWS.us_socket_local_port(listening) };
}

/** Waits until no request is open, for at most `ms`. */
async function drained(router: Router, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([router.drained(), late]);
  clearTimeout(timer);
}

/** Creates the services shared by the surfaces; each part registers its close with the lifecycle. */
async function buildServices(context: ProcessContext, app: TemplatedApp): Promise<Services> {
  const { settings, log, secrets, lifecycle } = context;
  const { limits } = settings;
  const edge = newId("e_");
  const metrics = createEdgeMetrics(context.metrics);
  const link = await openLink(context, edge);
  const owner = new SessionOwnerClient(link.bus);
  const revocations = await Revocations.open(link, log);
  lifecycle.onStop("revocations", () => revocations.close());
  const inbox = new Inbox(link, edge, log);
  lifecycle.onStop("inbox", () => inbox.close());
  const tickets = new Tickets(secrets.jwtSecret, link.nc);
  const admission = new Admission(limits);
  const rest = new RouteClient(link.bus, limits, link.nc);
  const uploads = new Uploads(link, limits, log, admission.uploads);
  const rates = shareRates(link, edge, limits);
  const bounds = {
    rates,
    sessions: new UserSessions(link, log, limits, (user, session) => submit.isUnfinished(user, session)),
  };
  const submit = new Submit({ link, owner, bounds, limits, metrics });
  lifecycle.onStop("submit", () => submit.close());
  const hub = new Hub({
    edge,
    link,
    log,
    limits,
    metrics,
    publish: (topic, text) => void app.publish(topic, text),
    confirmed: (user, session, clientMsgId) => submit.confirmed(user, session, clientMsgId),
  });
  lifecycle.onStop("hub", () => hub.close());
  const dependencies = watchDependencies(context, link, hub);
  return {
    edge,
    settings,
    log,
    metrics,
    lifecycle,
    link,
    admission,
    rates,
    router: new Router({ app, settings, log, metrics, admission }),
    identity: new Identity({
      secrets,
      keys: new KeyCheck(link.bus, limits),
      tickets,
      revocations,
      admission,
    }),
    tickets,
    rest,
    uploads,
    attachments: new Attachments(rest, uploads, settings, admission.largeBodies),
    owner,
    submit,
    inbox,
    hub,
    presence: new PresenceResponder(link),
    revocations,
    sockets: new OpenSockets(),
    dependencies,
  };
}

/** Watches this edge's dependencies, for `/health`, `/readyz` and the notices to its sockets. */
function watchDependencies(
  { readiness, metrics, log, lifecycle }: ProcessContext,
  link: NatsLink,
  hub: Hub,
): Dependencies {
  const watch = new StreamWatch(link, log);
  lifecycle.onStop("stream watch", () => watch.close());
  const dependencies = new Dependencies(link, () => watch.answers && !hub.away);
  lifecycle.onStop("dependencies", () => dependencies.close());
  readiness.add(() => (link.up ? undefined : "NATS is not connected"));
  readiness.add(() => (watch.answers ? undefined : "stream SESSIONS does not answer"));
  readiness.add(() => (hub.away ? "stream OUT does not answer" : undefined));
  showConnection(metrics, link.nc);
  return dependencies;
}

async function openLink(context: ProcessContext, edge: string): Promise<NatsLink> {
  const { log, endpoints, settings, lifecycle } = context;
  const { limits } = settings;
  const url = endpoints.natsUrl;
  const nc = await connectNats({ url, name: `edge ${edge}`, log, connectMs: limits.natsConnectMs });
  const link = await NatsLink.over(nc, await Bus.over({ ...context, nc, limits }));
  lifecycle.onStop("NATS connection", () => (link.up ? nc.drain() : nc.close()));
  return link;
}

/**
 * `port` must be fixed: with a port chosen by the kernel, an edge restarted after a crash could not bind it
 * while a client's half-open connection remains.
 */
function listen(app: TemplatedApp, host: string, port: number): Promise<us_listen_socket> {
  // An overload missing in the typings.
  const listenAt = app.listen.bind(app) as unknown as (
    host: string,
    port: number,
    options: number,
    done: (socket: us_listen_socket | false) => void,
  ) => void;
  return new Promise((resolve, reject) => {
    listenAt(host, port, exclusivePort, (socket) => {
      if (socket) resolve(socket);
      else reject(new Error(`can't listen on ${host}:${port}`));
    });
  });
}
