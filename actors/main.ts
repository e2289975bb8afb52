import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { Db } from "mongodb";
import type { NatsConnection } from "nats";
import { Bus } from "../infra/bus/bus.ts";
import { RouteClient } from "../infra/bus/route-client.ts";
import { openDatabase } from "../infra/installation/open.ts";
import { connectNats } from "../infra/nats/connect.ts";
import type { ProcessContext } from "../infra/process-context.ts";
import { SettingsError } from "../infra/settings-error.ts";
import { newId } from "../schemas/ids.ts";
import { type Role, roleNames, roles } from "../schemas/roles.ts";
import { startAccount } from "./account/main.ts";
import type { ActorContext } from "./actor-context.ts";
import { AttachmentReader } from "./attachments/attachment-reader.ts";
import { OutPublisher } from "./egress/out-publisher.ts";
import { DocumentReader } from "./extraction/document-reader.ts";
import { UserFiles } from "./files/user-files.ts";
import { PictureReader } from "./images/picture-reader.ts";
import { startModels } from "./models/configured-models.ts";
import { createEmbeddings } from "./models/embeddings.ts";
import { FairEmbeddings } from "./models/fair-embeddings.ts";
import { startProcessHealth } from "./process-health.ts";
import { QuotaLedger } from "./quota/quota-ledger.ts";
import { type RoleProcess, roleStarts } from "./roles.ts";
import { hostGroups } from "./runtime/keyed-host.ts";
import { isStorageAway } from "./storage/storage-error.ts";

/** Starts the named roles in this process; all roles by default. */
export async function startActors(context: ProcessContext, names: string[]): Promise<void> {
  const unknown = names.filter((name) => !Object.hasOwn(roles, name));
  if (unknown.length > 0)
    throw new SettingsError(`unknown actor: ${unknown.join(", ")} (known: ${roleNames.join(", ")})`);
  const running = roleNames.filter((role) => names.length === 0 || names.includes(role));
  const actorId = newId("actor_");
  const nc = await connectOwnNats(context, actorId);
  const bus = await Bus.over({ ...context, nc, limits: context.settings.limits, isOutage: isStorageAway });
  // Before the first heartbeat: a process without access to its store must not get partitions.
  const mongo = connectOwnMongo(context, nc);
  // The administrator can log in while MongoDB is down.
  if (running.includes("account")) await startAccount({ ...context, nc, bus, db: mongo });
  const actor = await connectActor(context, { actorId, nc, bus, db: await mongo });
  const endpoints = () => actor.models.endpoints("embedding");
  const embeddings = new FairEmbeddings(createEmbeddings(actor.settings, actor.log, endpoints));
  const process: RoleProcess = { actor, embeddings, groups: [], drain: [] };
  for (const [role, start] of Object.entries(roleStarts))
    if (running.includes(role as Role)) await start(process);
  startProcessHealth(actor, running);
  const hosting = await hostGroups(actor, process.groups, process.drain);
  actor.readiness.add(hosting.problem);
}

async function connectOwnNats(
  { endpoints, log, lifecycle, settings }: ProcessContext,
  name: string,
): Promise<NatsConnection> {
  const { natsConnectMs: connectMs } = settings.limits;
  const nc = await connectNats({ url: endpoints.natsUrl, name, log, connectMs });
  lifecycle.onStop("nats", () => nc.drain());
  return nc;
}

async function connectOwnMongo(context: ProcessContext, nc: NatsConnection): Promise<Db> {
  const { client, db } = await openDatabase(context, nc);
  context.lifecycle.onStop("mongodb", () => client.close());
  return db;
}

async function connectActor(
  context: ProcessContext,
  own: Pick<ActorContext, "actorId" | "nc" | "bus" | "db">,
): Promise<ActorContext> {
  const { nc, bus } = own;
  const models = await startModels({ ...context, ...own });
  const quota = new QuotaLedger(own.db, context.settings, context.log);
  context.lifecycle.onStop("quota", () => quota.stop());
  const js = jetstream(nc);
  const jsm = await jetstreamManager(nc);
  const out = new OutPublisher(bus, jsm, context.log);
  await out.restore();
  const files = new UserFiles({ ...own, jsm });
  const reader = new DocumentReader(context.settings.limits);
  context.lifecycle.onStop("document reader", () => reader.stop());
  const pictures = new PictureReader(context.settings.limits);
  context.lifecycle.onStop("picture reader", () => pictures.stop());
  const attachments = new AttachmentReader({ ...context, files, reader, pictures });
  const routes = new RouteClient(bus, context.settings.limits, nc);
  const services = { files, reader, pictures, attachments };
  return { ...context, ...own, ...services, routes, js, jsm, models, quota, out };
}
