import { knowledgeChanged } from "../../schemas/messages/knowledge.ts";
import type { ActorContext } from "../actor-context.ts";
import { onUserDeleted } from "../events/user-erasure.ts";
import type { Embeddings } from "../models/embeddings.ts";
import { startVectorRenewal } from "../models/vector-renewal.ts";
import { IndexCache } from "./index-cache.ts";
import { Ingestion } from "./ingestion.ts";
import { JobQueue } from "./job-queue.ts";
import { serveKnowledgeRoutes } from "./knowledge-routes.ts";
import { KnowledgeStore } from "./knowledge-store.ts";
import { servePassages } from "./passages.ts";

/** Documents that are put in line for vectors at a time. */
const renewedAtOnce = 100;

type KnowledgeContext = Pick<
  ActorContext,
  "nc" | "bus" | "js" | "jsm" | "db" | "out" | "files" | "settings" | "log" | "lifecycle"
>;

/** Serves knowledge bases and works on their documents. Any number of processes may. */
export async function startKnowledge(context: KnowledgeContext, embeddings: Embeddings): Promise<void> {
  const { bus, db, out, files, settings, log, lifecycle } = context;
  const store = new KnowledgeStore(db);
  await store.createIndexes();
  const jobs = new JobQueue(context, settings.limits);
  const changed = (user: string) => bus.signal(knowledgeChanged, { user });
  const ingestion = new Ingestion({ store, files, embeddings, out, settings, changed });
  await jobs.start((run) => ingestion.run(run));
  lifecycle.onStop("knowledge jobs", () => jobs.stop());
  // A process may have died between storing a document and putting it in line.
  for (const { _id, user_id } of await store.pending()) await jobs.ingest(user_id, _id);
  await onUserDeleted(context, "knowledge-erasure", (user) => store.eraseUser(user));
  const cache = new IndexCache(store, settings.limits.knowledgeIndexBytes);
  const services = { store, cache, embeddings, jobs, files, log };
  startVectorRenewal(context, embeddings, {
    name: "knowledge",
    stale: (model, after) => store.otherwiseEmbedded(model, after, renewedAtOnce),
    async renew(documents, model) {
      if ((await jobs.waiting()) > 0) return;
      for (const { _id, user_id } of documents) await jobs.embed(user_id, _id, model);
    },
  });
  servePassages(bus, services, settings.limits);
  serveKnowledgeRoutes(context, services);
}
