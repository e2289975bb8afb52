import type { Logger } from "../../infra/log.ts";
import type { FoundChunk } from "../../schemas/knowledge.ts";
import type { Embedded, Embeddings } from "../models/embeddings.ts";
import type { IndexCache, SearchableBase } from "./index-cache.ts";
import type { JobQueue } from "./job-queue.ts";
import type { KnowledgeStore } from "./knowledge-store.ts";
import { rank } from "./ranking.ts";
import { chunkView } from "./views.ts";

/** What a search works with. */
export interface SearchContext {
  store: KnowledgeStore;
  cache: IndexCache;
  embeddings: Embeddings;
  jobs: JobQueue;
  log: Logger;
}

const embedMs = 3_000;

/** The best chunks of a user's bases (all of them without `bases`) for a query, by words and meaning. */
export async function search(
  context: SearchContext,
  user: string,
  ask: { query: string; bases?: readonly string[] | null | undefined; limit: number; embedMs?: number },
): Promise<FoundChunk[]> {
  const { store, cache, log } = context;
  const bases = await store.bases(user, ask.bases ?? undefined);
  if (bases.length === 0) return [];
  const [searchable, embedded] = await Promise.all([
    cache.of(bases),
    embedQuery(context, ask.query, ask.embedMs),
  ]);
  if (embedded !== null) renew(context, user, searchable, embedded.model);
  const vector = embedded === null || !comparable(searchable, embedded.model) ? null : embedded.vectors[0];
  const hits = rank(
    searchable.map(({ index }) => index),
    ask.query,
    vector ?? null,
    ask.limit,
  );
  const ids = hits.map(({ index, chunk }) => index.idOf(chunk));
  const chunks = new Map((await store.chunksById(user, ids)).map((chunk) => [chunk._id, chunk]));
  const documents = [...new Set([...chunks.values()].map(({ document_id }) => document_id))];
  const titles = new Map((await store.titles(user, documents)).map(({ _id, title }) => [_id, title]));
  log.debug({ hits: hits.length, vectors: vector !== null }, "knowledge searched");
  return hits.flatMap(({ index, chunk, score }) => {
    const found = chunks.get(index.idOf(chunk));
    if (found === undefined) return [];
    return [
      {
        ...chunkView(found),
        document_title: titles.get(found.document_id) ?? "",
        score: Math.round(score * 10_000) / 10_000,
      },
    ];
  });
}

/** Without an embedding model, words alone decide. */
async function embedQuery(
  { embeddings }: SearchContext,
  query: string,
  ms = embedMs,
): Promise<Embedded | null> {
  try {
    return await embeddings.embed([query], "query", AbortSignal.timeout(ms));
  } catch {
    return null;
  }
}

/** Vectors of another model say nothing about this query; they are made anew in the background. */
function comparable(bases: readonly SearchableBase[], model: string): boolean {
  return bases.every(({ models }) => [...models.values()].every((one) => one === null || one === model));
}

function renew({ jobs }: SearchContext, user: string, bases: readonly SearchableBase[], model: string): void {
  for (const { models } of bases)
    for (const [document, one] of models) if (one !== model) jobs.embed(user, document, model);
}
