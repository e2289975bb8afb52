import { segmenter } from "../text/segmenter.ts";

/** Maximum terms indexed per message; the rest of a longer message is not indexed. */
const mostTerms = 5_000;
/** Maximum terms per query. */
const mostQueryTerms = 24;
const longestTerm = 64;

/** Characters of scripts written without spaces between words. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u;
/** Runs of such characters, and words of all other scripts, which may be adjacent (`用docker部署`). */
const runs = new RegExp(`${unspaced.source}+|(?:(?!${unspaced.source})[\\p{L}\\p{N}\\p{M}_])+`, "gu");

/** Normalizes width, case and composition for indexing and comparison. */
export function normalize(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}

/**
 * Index terms of a normalized text: its words and, for Chinese, also the words within words and each
 * character, so that any part of a word can be found.
 */
export function indexTerms(text: string): string[] {
  const terms = new Set<string>();
  for (const [run] of text.matchAll(runs)) {
    if (unspaced.test(run)) {
      for (const character of run) terms.add(character);
      // Without new-word detection, so that queries are segmented the same way.
      for (const word of segmenter().cutForSearch(run, false)) terms.add(word);
    } else terms.add(run.slice(0, longestTerm));
    if (terms.size >= mostTerms) break;
  }
  return [...terms];
}

/** Terms of a query. */
export interface QueryTerms {
  /** Its words; a message must contain all of them. Empty: the query has no searchable words. */
  words: string[];
  /** The same with Chinese split into characters, for text that is segmented differently in context. */
  characters: string[];
}

/** Returns the terms of a normalized query. */
export function queryTerms(query: string): QueryTerms {
  const words = new Set<string>();
  const characters = new Set<string>();
  for (const [run] of query.matchAll(runs)) {
    if (unspaced.test(run)) {
      for (const word of segmenter().cut(run, false)) words.add(word);
      for (const character of run) characters.add(character);
    } else {
      words.add(run.slice(0, longestTerm));
      characters.add(run.slice(0, longestTerm));
    }
  }
  return { words: [...words].slice(0, mostQueryTerms), characters: [...characters].slice(0, mostQueryTerms) };
}
