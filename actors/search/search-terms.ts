import { segmenter } from "../text/segmenter.ts";

/** Terms of one message that are kept; of a longer one the first. */
const mostTerms = 5_000;
/** Terms of one query. */
const mostQueryTerms = 24;
const longestTerm = 64;

/** Characters that are written without spaces between words. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u;
/** Runs of those, and words of all other scripts, which may hang on one another (`用docker部署`). */
const runs = new RegExp(`${unspaced.source}+|(?:(?!${unspaced.source})[\\p{L}\\p{N}\\p{M}_])+`, "gu");

/** A text in the form in which it is indexed and compared: one spelling of width, case and composition. */
export function normalize(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}

/**
 * The terms under which a normalized text is found: words, and of Chinese also the words within words and each
 * character, so that whatever part of it is asked for is among them.
 */
export function indexTerms(text: string): string[] {
  const terms = new Set<string>();
  for (const [run] of text.matchAll(runs)) {
    if (unspaced.test(run)) {
      for (const character of run) terms.add(character);
      // Without guesses at words that the dictionary lacks: the same characters are cut the same way in a query.
      for (const word of segmenter().cutForSearch(run, false)) terms.add(word);
    } else terms.add(run.slice(0, longestTerm));
    if (terms.size >= mostTerms) break;
  }
  return [...terms];
}

/** What a query asks for. */
export interface QueryTerms {
  /** Its words; a message must hold all of them. Empty: it can't be found by words. */
  words: string[];
  /** The same down to single characters of Chinese, for what is cut in another way where it stands in a text. */
  characters: string[];
}

/** The terms of a normalized query. */
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
