import { knowledgeChanged } from "../../schemas/messages/knowledge.ts";
import type { ActorContext } from "../actor-context.ts";
import { onUserDeleted } from "../events/user-erasure.ts";
import type { Embeddings } from "../models/embeddings.ts";
import { startVectorRenewal } from "../models/vector-renewal.ts";
import { DocumentQueue } from "./document-queue.ts";
import { IndexCache } from "./index-cache.ts";
import { Ingestion } from "./ingestion.ts";
import { serveKnowledgeRoutes } from "./knowledge-routes.ts";
import { KnowledgeStore } from "./knowledge-store.ts";
import { servePassages } from "./passages.ts";
import { WorkStore } from "./work-store.ts";

/** Documents per batch of re-embedding requests. */
const renewedAtOnce = 100;

type KnowledgeContext = Pick<
  ActorContext,
  "nc" | "bus" | "js" | "jsm" | "db" | "out" | "files" | "reader" | "settings" | "log" | "lifecycle"
>;

/** Serves knowledge bases and processes their documents, in any number of processes. */
export async function startKnowledge(context: KnowledgeContext, embeddings: Embeddings): Promise<void> {
  const { bus, db, out, files, reader, settings, log, lifecycle } = context;
  const store = new KnowledgeStore(db);
  await store.createIndexes();
  const work = new WorkStore(db);
  await work.createIndexes();
  const queue = new DocumentQueue(work, log, settings.limits);
  const changed = (user: string) => bus.signal(knowledgeChanged, { user });
  const ingestion = new Ingestion({ store, files, reader, embeddings, out, settings, changed });
  queue.start((run) => ingestion.run(run));
  lifecycle.onStop("knowledge work", () => queue.stop());
  await onUserDeleted(context, "knowledge-erasure", (user) => store.eraseUser(user));
  const cache = new IndexCache(store, settings.limits.knowledgeIndexBytes);
  const services = { store, cache, embeddings, queue, files, log };
  startVectorRenewal(context, embeddings, {
    name: "knowledge",
    stale: (model, after) => store.otherwiseEmbedded(model, after, renewedAtOnce),
    renew: (documents) => work.requestVectors(documents.map(({ _id }) => _id)),
  });
  servePassages(bus, services, settings.limits);
  serveKnowledgeRoutes(context, services);
}
