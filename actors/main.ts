import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import type { Gauge } from "prom-client";
import { connectMongo } from "../infra/mongo/connect.ts";
import { connectNats } from "../infra/nats/connect.ts";
import type { ProcessContext } from "../infra/process-context.ts";
import { SettingsError } from "../infra/settings-error.ts";
import { newId } from "../schemas/ids.ts";
import { startAccount } from "./account/main.ts";
import type { ActorContext } from "./actor-context.ts";
import { createModels } from "./models/index.ts";
import { startModelList } from "./models/list.ts";
import { OutPublisher } from "./out/out-publisher.ts";
import { KeyedRuntime } from "./runtime/keyed-runtime.ts";
import { Membership } from "./runtime/membership.ts";
import { serveMoves } from "./runtime/moves.ts";
import { startSessions } from "./session/index.ts";
import { startStateless } from "./stateless/main.ts";

const roles = ["account", "session"] as const;
/** Share of the stop's deadline after which running turns are cut short and handed back. */
const cutShare = 0.7;

/** Starts the named actors (all without a name) in this process. */
export async function startActors(context: ProcessContext, names: string[]): Promise<void> {
  const unknown = names.filter((name) => !roles.some((role) => role === name));
  if (unknown.length > 0)
    throw new SettingsError(`unknown actor: ${unknown.join(", ")} (known: ${roles.join(", ")})`);
  const runs = (role: (typeof roles)[number]) => names.length === 0 || names.includes(role);
  const actor = await connectActor(context);
  if (runs("account")) await startAccount(actor);
  if (runs("session")) await startSessionActors(actor);
}

async function connectActor(context: ProcessContext): Promise<ActorContext> {
  const { endpoints, log, lifecycle, settings } = context;
  const actorId = newId("actor_");
  const nc = await connectNats({
    url: endpoints.natsUrl,
    name: actorId,
    log,
    connectMs: settings.limits.natsConnectMs,
  });
  lifecycle.onStop("nats", () => nc.drain());
  // Before the first heartbeat: a process that can't reach its store must not be given anything.
  const { client, db } = await connectMongo({
    uri: endpoints.mongodbUri,
    log,
    selectionMs: settings.limits.mongoConnectMs,
  });
  lifecycle.onStop("mongodb", () => client.close());
  const models = await createModels(context);
  return { ...context, nc, js: jetstream(nc), jsm: await jetstreamManager(nc), db, models, actorId };
}

async function startSessionActors(context: ActorContext): Promise<void> {
  const { nc, js, jsm, log, lifecycle, settings, actorId } = context;
  const out = new OutPublisher(nc, js, jsm, log);
  await out.restore();
  const group = await startSessions(context, out);
  const stateless = startStateless(context);
  startModelList(context);

  const membership = new Membership(nc, actorId, log);
  const runtime = new KeyedRuntime({ nc, js, jsm, log }, group, membership, settings.limits);
  const held: Gauge = context.metrics.gauge(
    "parley_partitions_held",
    "Session partitions of this process",
    [],
    () => held.set(runtime.held),
  );
  const cut = new AbortController();
  serveMoves(nc, actorId, [runtime], cut.signal, log);
  runtime.start();
  membership.start();
  void onReconnect(nc, async () => {
    membership.resettle();
    await out.restore();
    await runtime.reread();
  });
  lifecycle.onStop("sessions", async () => {
    const timer = setTimeout(() => cut.abort(), settings.limits.stopMs * cutShare);
    membership.leave();
    await Promise.all([runtime.drain(cut.signal), stateless.stop()]);
    clearTimeout(timer);
    membership.stop();
  });
  await runtime.placed;
}

async function onReconnect(nc: NatsConnection, then: () => Promise<void>): Promise<void> {
  for await (const status of nc.status()) if (status.type === "reconnect") await then();
}
