import test from "ava";
import { BaseIndex } from "../../actors/knowledge/base-index.ts";
import { searchTerms } from "../../actors/knowledge/chunk-text.ts";
import { chunkText } from "../../actors/knowledge/chunker.ts";
import { rank } from "../../actors/knowledge/ranking.ts";
import { termsOf } from "../../actors/text/terms.ts";
import { corpus, questions } from "./question.ts";

const chunks = corpus().flatMap(({ title, text }) => chunkText(text).map((chunk) => ({ title, chunk })));
const all = questions();
const holds = (gold: readonly string[], content: string) => gold.some((phrase) => content.includes(phrase));

test("the set is large enough, in both languages, with questions in other words and without an answer", (t) => {
  t.true(chunks.length >= 300);
  t.true(all.length >= 90);
  t.true(all.filter(({ lang }) => lang === "zh").length * 3 >= all.length);
  t.true(all.filter(({ kind }) => kind === "paraphrase").length * 3 >= all.length);
  t.is(all.filter(({ kind }) => kind === "none").length, 10);
});

test("every answer stands in a chunk, and a question in other words shares no content word with it", (t) => {
  for (const { q, kind, gold } of all) {
    const answers = chunks.filter(({ chunk }) => holds(gold, chunk.content));
    t.true(kind === "none" ? gold.length === 0 : answers.length > 0, q);
    if (kind !== "paraphrase") continue;
    const asked = new Set(termsOf(q));
    for (const { chunk } of answers)
      t.deepEqual(
        termsOf(chunk.content).filter((term) => asked.has(term)),
        [],
        q,
      );
  }
});

test("words alone find every answer that shares words with its question", (t) => {
  const index = new BaseIndex();
  for (const [i, { title, chunk }] of chunks.entries())
    index.add({ id: String(i), document: title, terms: searchTerms(title, chunk), vector: null });
  for (const { q, gold } of all.filter(({ kind }) => kind === "words")) {
    const hits = rank([index], q, null, 5);
    t.true(
      hits.some(({ chunk }) => holds(gold, chunks[chunk]?.chunk.content ?? "")),
      q,
    );
    for (const { score } of hits) t.true(score > 0 && score <= 1);
  }
});
