import uWS, { type TemplatedApp, type us_listen_socket } from "uWebSockets.js";
import { Bus } from "../infra/bus/bus.ts";
import { freePort } from "../infra/engines/free-port.ts";
import { connectNats } from "../infra/nats/connect.ts";
import type { ProcessContext } from "../infra/process-context.ts";
import { newId } from "../schemas/ids.ts";
import { shareRates } from "./admission/rate-reports.ts";
import { UserSessions } from "./admission/user-sessions.ts";
import { Router } from "./http/router.ts";
import { ApiKeyCheck } from "./identity/api-key-check.ts";
import { Identity } from "./identity/identity.ts";
import { Revocations } from "./identity/revocations.ts";
import { Hub } from "./live/hub.ts";
import { NatsLink } from "./nats-link.ts";
import { announceDegradation } from "./operations/degradation.ts";
import { Dependencies } from "./operations/dependencies.ts";
import { addDocs } from "./operations/docs.ts";
import { addHealth } from "./operations/health.ts";
import { createEdgeMetrics } from "./operations/metrics.ts";
import { OpenSockets } from "./operations/open-sockets.ts";
import { reportSockets } from "./operations/socket-reports.ts";
import type { Services } from "./services.ts";
import { Inbox } from "./submit/inbox.ts";
import { SessionOwnerClient } from "./submit/session-owner-client.ts";
import { Submit } from "./submit/submit.ts";
import { addBridges } from "./surfaces/bridge/index.ts";
import { addCyber } from "./surfaces/cyber/cyber.ts";
import { addNeoChat } from "./surfaces/neo/neo-chat.ts";
import { addCompletions } from "./surfaces/openai/completions.ts";
import { addOneModel } from "./surfaces/openai/one-model.ts";
import { StatelessTurns } from "./surfaces/openai/stateless-turn-client.ts";
import { addRestRoutes } from "./surfaces/rest/rest.ts";
import { RouteClient } from "./surfaces/rest/route-client.ts";
import { addDiscordWebhook } from "./surfaces/webhook/discord.ts";
import { addGenericWebhook } from "./surfaces/webhook/generic.ts";
import { addChat } from "./surfaces/ws-chat/chat.ts";
import { Attachments } from "./uploads/attachments.ts";
import { Uploads } from "./uploads/uploads.ts";

/** uWebSockets.js' LIBUS_LISTEN_EXCLUSIVE_PORT: without it two edges could share a port and not know. */
const exclusivePort = 1;

/**
 * Starts an edge: every protocol on one port. Answers the port it listens on.
 * @throws Error when NATS can't be reached or the port can't be had
 */
export async function startEdge(context: ProcessContext): Promise<{ port: number }> {
  const app = uWS.App();
  const services = await buildServices(context, app);
  const { router } = services;
  addHealth(services, context.metrics);
  addDocs(router);
  addRestRoutes(router, services);
  const turns = new StatelessTurns(services.edge, services.link, services.inbox, services.settings.limits);
  addCompletions(services, turns);
  addOneModel(services);
  addNeoChat(services);
  addChat(services);
  addCyber(services);
  services.revocations.onRevoked((isRevoked) => {
    for (const socket of [...services.sockets]) if (isRevoked(socket.principal)) socket.end("unauthorized");
  });
  addGenericWebhook(services);
  const endDiscord = addDiscordWebhook(services);
  const endBridges = addBridges(services);
  const endReports = reportSockets(services);
  announceDegradation(services.dependencies, services.sockets);
  router.register();
  const listening = await listen(app, context.settings.host, context.settings.port || (await freePort(0)));
  const { limits } = context.settings;
  context.lifecycle.onStop("edge", async () => {
    uWS.us_listen_socket_close(listening);
    router.stopping = true;
    for (const socket of [...services.sockets]) socket.goAway();
    await Promise.race([
      Promise.all([router.drained(), endBridges(), endDiscord()]),
      new Promise((resolve) => setTimeout(resolve, limits.edgeDrainMs)),
    ]);
    turns.close();
    services.submit.close();
    services.hub.close();
    services.inbox.close();
    services.revocations.close();
    services.dependencies.close();
    endReports();
    if (services.link.up) await services.link.nc.drain();
    else await services.link.nc.close();
    app.close();
  });
  return { port: uWS.us_socket_local_port(listening) };
}

async function buildServices(context: ProcessContext, app: TemplatedApp): Promise<Services> {
  const { settings, log, endpoints, secrets } = context;
  const { limits } = settings;
  const edge = newId("e_");
  const metrics = createEdgeMetrics(context.metrics);
  const nc = await connectNats({
    url: endpoints.natsUrl,
    name: `edge ${edge}`,
    log,
    connectMs: limits.natsConnectMs,
  });
  const link = await NatsLink.over(nc, await Bus.over({ ...context, nc, limits }));
  const owner = new SessionOwnerClient(link.bus);
  const revocations = await Revocations.open(link, log);
  const rest = new RouteClient(link, settings);
  const uploads = new Uploads(link, limits, log);
  const bounds = {
    rates: shareRates(link, edge, limits),
    sessions: new UserSessions(link, log, limits),
  };
  const submit = new Submit({ link, owner, bounds, limits, metrics });
  const hub = new Hub({
    edge,
    link,
    log,
    limits,
    metrics,
    publish: (topic, text) => void app.publish(topic, text),
    taken: (user, session, clientMsgId) => submit.confirmed(user, session, clientMsgId),
  });
  return {
    edge,
    settings,
    log,
    metrics,
    link,
    router: new Router(app, settings, log, metrics),
    identity: new Identity(secrets, new ApiKeyCheck(link, limits), revocations),
    rest,
    uploads,
    attachments: new Attachments(rest, uploads, settings),
    owner,
    submit,
    inbox: new Inbox(link, edge, log),
    hub,
    revocations,
    sockets: new OpenSockets(),
    dependencies: new Dependencies(link),
  };
}

/**
 * `port` must name one: where the kernel chooses it at the bind, an edge that starts again after a crash can't have it
 * while a client's half of an old connection stands.
 */
function listen(app: TemplatedApp, host: string, port: number): Promise<us_listen_socket> {
  // A form that the typings lack.
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
