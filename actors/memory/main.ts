import { eventsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { turnsCompleted } from "../../schemas/messages/events.ts";
import { memoryChanged, memoryRecall } from "../../schemas/messages/memory.ts";
import type { ActorContext } from "../actor-context.ts";
import { onUserDeleted } from "../events/user-erasure.ts";
import type { Embeddings } from "../models/embeddings.ts";
import { startVectorRenewal } from "../models/vector-renewal.ts";
import { FactVectors } from "./fact-vectors.ts";
import { serveMemoryRoutes } from "./memory-routes.ts";
import { MemoryStore } from "./memory-store.ts";
import { MemoryWriter } from "./memory-writer.ts";
import { Recall } from "./recall.ts";
import { readTurn } from "./turn-reader.ts";

/** Concurrent turns per process; each may wait for a model. */
const inFlight = 8;

/** Facts per re-embedding batch. */
const renewedAtOnce = 100;

/**
 * Stores facts that users state about themselves and serves them to later turns, in any number of processes.
 */
export async function startMemory(context: ActorContext, embeddings: Embeddings): Promise<void> {
  const { bus, jsm, db, models, quota, out, log, settings } = context;
  const { limits } = settings;
  const store = new MemoryStore(db, limits.memories);
  await Promise.all([store.createIndexes(), ensureStream(jsm, eventsStreamConfig())]);
  const changed = (user: string) => bus.signal(memoryChanged, { user });
  const vectors = new FactVectors(store, embeddings, log, changed);
  const keeper = new MemoryWriter({ store, vectors, changed, maxFacts: limits.memories });
  startVectorRenewal(context, embeddings, {
    name: "facts",
    stale: (model, after) => store.otherwiseEmbedded(model, after, renewedAtOnce),
    renew: (facts) => vectors.renew(facts),
  });
  const recall = new Recall(store, embeddings, limits, log);
  bus.listen(memoryChanged, ({ user }) => recall.changed(user));
  bus.serve(memoryRecall, ({ user, text }) => recall.recall(user, text));
  await onUserDeleted(context, "memory-erasure", (user) => store.eraseUser(user));
  serveMemoryRoutes(context, { store, keeper, embeddings });
  if (settings.memoryExtraction === "off") return;
  const reader = { store, keeper, models, quota, out, byModel: settings.memoryExtraction === "auto", log };
  await bus.consume(turnsCompleted, { name: "memory", inFlight, onlyNew: true }, async ({ turns }) => {
    for (const turn of turns) await readTurn(reader, turn);
  });
}
