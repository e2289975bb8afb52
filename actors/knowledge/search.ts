import type { Logger } from "../../infra/log.ts";
import type { FoundChunk } from "../../schemas/documents/knowledge.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Embeddings } from "../models/embeddings.ts";
import type { IndexCache } from "./index-cache.ts";
import type { KnowledgeStore } from "./knowledge-store.ts";
import { rank } from "./ranking.ts";
import type { ModelVector } from "./vector-block.ts";
import { chunkView } from "./views.ts";

/** Dependencies of a search. */
export interface SearchContext {
  store: KnowledgeStore;
  cache: IndexCache;
  embeddings: Embeddings;
  log: Logger;
}

const embedMs = 3_000;

/**
 * The best chunks of a user's bases (all by default) for a query, by keywords and vectors.
 * @throws ParleyError `not_found` when a requested base is not the user's
 */
export async function search(
  context: SearchContext,
  user: string,
  ask: { query: string; bases?: readonly string[] | null | undefined; limit: number; embedMs?: number },
): Promise<FoundChunk[]> {
  const { store, cache, log } = context;
  const bases = await store.bases(user, ask.bases ?? undefined);
  if (bases.length < new Set(ask.bases ?? []).size)
    throw new ParleyError("not_found", { error: "知识库不存在" });
  if (bases.length === 0) return [];
  const [indexes, vector] = await Promise.all([cache.of(bases), embedQuery(context, ask.query, ask.embedMs)]);
  // Extra results, because duplicates are removed.
  const hits = rank(indexes, ask.query, vector, ask.limit * 2 + 4);
  const ids = hits.map(({ index, chunk }) => index.idOf(chunk));
  const chunks = new Map((await store.chunksById(user, ids)).map((chunk) => [chunk._id, chunk]));
  const documents = [...new Set([...chunks.values()].map(({ document_id }) => document_id))];
  const titles = new Map((await store.titles(user, documents)).map(({ _id, title }) => [_id, title]));
  log.debug({ hits: hits.length, vectors: vector !== null }, "knowledge searched");
  const said = new Set<string>();
  const results = hits.flatMap(({ index, chunk, score }) => {
    const found = chunks.get(index.idOf(chunk));
    const document_title = titles.get(found?.document_id ?? "");
    // The document is being deleted.
    if (found === undefined || document_title === undefined) return [];
    // Drop duplicate texts.
    const text = found.content.replace(/\s+/g, " ");
    if (said.has(text)) return [];
    said.add(text);
    return [
      {
        ...chunkView(found),
        document_title,
        score: Math.round(score * 10_000) / 10_000,
      },
    ];
  });
  return results.slice(0, ask.limit);
}

/** Embeds the query; null without an embedding model, for a keyword search. */
async function embedQuery(
  { embeddings }: SearchContext,
  query: string,
  ms = embedMs,
): Promise<ModelVector | null> {
  try {
    const { model, vectors } = await embeddings.embed([query], "query", AbortSignal.timeout(ms));
    return vectors[0] === undefined ? null : { model, values: vectors[0] };
  } catch {
    return null;
  }
}
