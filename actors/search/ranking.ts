import type { IndexedMessage } from "../../schemas/documents/message-index.ts";

const saturation = 1.2;
const lengthShare = 0.5;
const usualLength = 120;
const literalWeight = 3;
const freshWeight = 0.5;
const freshMs = 30 * 24 * 3600 * 1000;

/** A query term and its rarity: the logarithm of all messages over those that contain it. */
export interface WeightedTerm {
  term: string;
  weight: number;
}

/**
 * Ranks candidates by Okapi BM25 over the terms, with a bonus for a literal match of the query and a smaller
 * one for recency. Ties are sorted newest first.
 */
export function rank(
  candidates: readonly IndexedMessage[],
  query: string,
  terms: readonly WeightedTerm[],
  now = Date.now(),
): IndexedMessage[] {
  const scored = candidates.map((message) => ({ message, score: scoreOf(message, query, terms, now) }));
  scored.sort((a, b) => b.score - a.score || b.message.at - a.message.at);
  return scored.map(({ message }) => message);
}

function scoreOf(
  { text, at }: IndexedMessage,
  query: string,
  terms: readonly WeightedTerm[],
  now: number,
): number {
  const norm = saturation * (1 - lengthShare + (lengthShare * text.length) / usualLength);
  let score = text.includes(query) ? literalWeight : 0;
  for (const { term, weight } of terms) {
    const count = occurrences(text, term);
    score += (weight * count * (saturation + 1)) / (count + norm);
  }
  return score + freshWeight * Math.exp(-Math.max(0, now - at) / freshMs);
}

/** Number of occurrences of a term in a text; more than ten make no difference. */
function occurrences(text: string, term: string): number {
  let count = 0;
  for (let from = text.indexOf(term); from >= 0 && count < 10; from = text.indexOf(term, from + term.length))
    count += 1;
  return count;
}
