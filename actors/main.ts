import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connectMongo } from "../infra/mongo/connect.ts";
import { connectNats } from "../infra/nats/connect.ts";
import { StreamPublisher } from "../infra/nats/stream-publisher.ts";
import type { ProcessContext } from "../infra/process-context.ts";
import { SettingsError } from "../infra/settings-error.ts";
import { newId } from "../schemas/ids.ts";
import { startAccount } from "./account/main.ts";
import type { ActorContext } from "./actor-context.ts";
import { createModels } from "./models/index.ts";
import { startModelList } from "./models/list.ts";
import { OutPublisher } from "./out/out-publisher.ts";
import type { KeyedGroup } from "./runtime/keyed-actor.ts";
import { hostGroups } from "./runtime/keyed-host.ts";
import { startSessions } from "./session/index.ts";
import { startStateless } from "./stateless/main.ts";

const roles = ["account", "session"] as const;

/** Starts the named actors (all without a name) in this process. */
export async function startActors(context: ProcessContext, names: string[]): Promise<void> {
  const unknown = names.filter((name) => !roles.some((role) => role === name));
  if (unknown.length > 0)
    throw new SettingsError(`unknown actor: ${unknown.join(", ")} (known: ${roles.join(", ")})`);
  const runs = (role: (typeof roles)[number]) => names.length === 0 || names.includes(role);
  const actor = await connectActor(context);
  const groups: KeyedGroup[] = [];
  const drain: (() => Promise<void>)[] = [];
  if (runs("account")) await startAccount(actor);
  if (runs("session")) {
    groups.push(await startSessions(actor, actor.out));
    const stateless = startStateless(actor);
    drain.push(() => stateless.stop());
    startModelList(actor);
  }
  await hostGroups(actor, groups, drain);
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
  const js = jetstream(nc);
  const publisher = new StreamPublisher(nc);
  const jsm = await jetstreamManager(nc);
  const out = new OutPublisher(nc, publisher, jsm, log);
  await out.restore();
  return { ...context, nc, js, publisher, jsm, db, models, out, actorId };
}
