import { BaseIndex } from "../../actors/knowledge/base-index.ts";
import { embeddedTexts, searchTerms } from "../../actors/knowledge/chunk-text.ts";
import { chunkVectors } from "../../actors/knowledge/chunk-vectors.ts";
import { type Chunk, chunkText } from "../../actors/knowledge/chunker.ts";
import { type Mode, rank } from "../../actors/knowledge/ranking.ts";
import type { Embeddings } from "../../actors/models/embeddings.ts";
import { packVector, unpackVector } from "../../actors/text/vector.ts";
import { cachedVectors } from "./cached-vectors.ts";
import { corpus, type Question, questions } from "./question.ts";

/** Places that count as found. */
export const at = 5;
const deepest = 50;
const shownChars = 160;
const model = "e5";

/** How one question was answered. */
export interface Outcome {
  question: Question;
  /** Place of the first right chunk, from 1; null = not among the first 50. */
  place: number | null;
  /** Score of the first chunk. */
  score: number;
  /** The first chunks, shortened. */
  first: string[];
}

/** The corpus in an index, and the questions with their vectors. */
export interface EvaluationSet {
  chunks: Chunk[];
  asked: { question: Question; vector: Float32Array }[];
  index: BaseIndex;
}

/** Cuts, embeds and indexes the corpus as ingestion does. */
export async function evaluationSet(embeddings: Embeddings): Promise<EvaluationSet> {
  const chunks: Chunk[] = [];
  const index = new BaseIndex();
  for (const { title, text } of corpus()) {
    const own = chunkText(text);
    const texts = embeddedTexts(title, own);
    const vectors = chunkVectors(own, await cachedVectors(embeddings, texts, "passage"));
    for (const [i, chunk] of own.entries()) {
      // As they are stored.
      const values = unpackVector(packVector(vectors[i] ?? new Float32Array()));
      const vector = { model, values };
      index.add({ id: String(chunks.length), document: title, terms: searchTerms(title, chunk), vector });
      chunks.push(chunk);
    }
  }
  const all = questions();
  const texts = all.map(({ q }) => q);
  const vectors = await cachedVectors(embeddings, texts, "query");
  const asked = all.map((question, i) => ({ question, vector: vectors[i] ?? new Float32Array() }));
  return { chunks, asked, index };
}

/** Asks all questions in one of the modes. */
export function outcomes({ chunks, asked, index }: EvaluationSet, mode: Mode): Outcome[] {
  return asked.map(({ question, vector }) => {
    const hits = rank([index], question.q, { model, values: vector }, deepest, mode);
    const found = hits.map(({ chunk }) => chunks[chunk]);
    const place = found.findIndex((chunk) => question.gold.some((phrase) => chunk?.content.includes(phrase)));
    const first = found
      .slice(0, at)
      .map((chunk) => `${chunk?.heading}: ${chunk?.content}`.slice(0, shownChars));
    return { question, place: place < 0 ? null : place + 1, score: hits[0]?.score ?? 0, first };
  });
}

/** Share of the questions whose answer is among the first places. */
export function recall(asked: readonly Outcome[]): number {
  return asked.filter(({ place }) => place !== null && place <= at).length / Math.max(1, asked.length);
}
