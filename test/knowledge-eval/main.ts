import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BaseIndex } from "../../actors/knowledge/base-index.ts";
import { embeddedText, searchTerms } from "../../actors/knowledge/chunk-text.ts";
import { type Chunk, chunkText } from "../../actors/knowledge/chunker.ts";
import { type Mode, rank } from "../../actors/knowledge/ranking.ts";
import { withSections } from "../../actors/knowledge/section-vectors.ts";
import type { EmbeddingKind } from "../../actors/models/embeddings.ts";
import { packVector, unpackVector } from "../../actors/text/vector.ts";
import { type EmbeddingServer, startEmbeddings } from "../_kit/embeddings.ts";
import { corpus, type Question, questions } from "./question.ts";

// Recall of knowledge search over our own documents: `node dist/test/knowledge-eval/main.js`. Vectors are kept in the
// temporary folder between runs, as making them takes minutes on a small machine.

const modes: Mode[] = ["words", "vectors", "hybrid"];
const at = 5;
const batch = 8;
const shownChars = 160;

interface Entry {
  title: string;
  chunk: Chunk;
}

function entries(): Entry[] {
  return corpus().flatMap(({ title, text }) => chunkText(text).map((chunk) => ({ title, chunk })));
}

/** Vectors of texts, from the folder of an earlier run where it has them. */
async function vectors(
  server: EmbeddingServer,
  texts: string[],
  kind: EmbeddingKind,
): Promise<Float32Array[]> {
  const folder = join(tmpdir(), "parley-knowledge-eval");
  mkdirSync(folder, { recursive: true });
  const fileOf = (text: string) =>
    join(folder, createHash("sha256").update(`${kind}\0${text}`).digest("hex").slice(0, 32));
  const missing = [...new Set(texts)].filter((text) => !existsSync(fileOf(text)));
  for (let from = 0; from < missing.length; from += batch) {
    const part = missing.slice(from, from + batch);
    const { vectors: made } = await server.embeddings.embed(part, kind);
    for (const [index, vector] of made.entries())
      writeFileSync(fileOf(part[index] ?? ""), packVector(vector));
  }
  return texts.map((text) => unpackVector(readFileSync(fileOf(text))));
}

interface Outcome {
  question: Question;
  /** Place of the first right chunk, from 1; null = not among the first 50. */
  place: number | null;
  score: number;
  /** The first chunks that were found instead. */
  first: string[];
}

function ask(index: BaseIndex, all: Entry[], question: Question, vector: Float32Array, mode: Mode): Outcome {
  const hits = rank([index], question.q, vector, 50, mode);
  const place = hits.findIndex(({ chunk }) =>
    question.gold.some((phrase) => all[chunk]?.chunk.content.includes(phrase)),
  );
  const first = hits.slice(0, at).map(({ chunk }) => {
    const { heading = "", content = "" } = all[chunk]?.chunk ?? {};
    return `${heading}: ${content}`.slice(0, shownChars);
  });
  return { question, place: place < 0 ? null : place + 1, score: hits[0]?.score ?? 0, first };
}

function recall(outcomes: Outcome[]): string {
  if (outcomes.length === 0) return "–";
  const found = outcomes.filter(({ place }) => place !== null && place <= at).length;
  return `${(found / outcomes.length).toFixed(3)} (${found}/${outcomes.length})`;
}

/** 10 %, 50 % and 90 % of values. */
function spread(values: number[]): string {
  const sorted = values.toSorted((x, y) => x - y);
  return [0.1, 0.5, 0.9]
    .map((share) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2))
    .join("/");
}

async function main(): Promise<void> {
  const server = await startEmbeddings();
  try {
    const all = entries();
    const asked = questions();
    const alone = await vectors(
      server,
      all.map(({ title, chunk }) => embeddedText(title, chunk)),
      "passage",
    );
    const passages = corpus().flatMap(({ title }) => {
      const own = all.flatMap((entry, i) => (entry.title === title ? [i] : []));
      const chunks = own.flatMap((i) => all[i]?.chunk ?? []);
      return withSections(
        chunks,
        own.flatMap((i) => alone[i] ?? []),
      );
    });
    const queries = await vectors(
      server,
      asked.map(({ q }) => q),
      "query",
    );
    const index = new BaseIndex();
    for (const [i, { title, chunk }] of all.entries())
      index.add({
        id: String(i),
        document: title,
        terms: searchTerms(title, chunk),
        vector: passages[i] ?? null,
      });
    process.stdout.write(`${all.length} chunks, ${asked.length} questions\n`);
    for (const mode of modes) {
      const outcomes = asked.map((question, i) =>
        ask(index, all, question, queries[i] ?? new Float32Array(), mode),
      );
      const answerable = outcomes.filter(({ question }) => question.kind !== "none");
      const none = outcomes.filter(({ question }) => question.kind === "none");
      const of = (test: (question: Question) => boolean) =>
        recall(answerable.filter(({ question }) => test(question)));
      process.stdout.write(
        `${mode.padEnd(8)} recall@${at} ${recall(answerable)}  ` +
          `words ${of(({ kind }) => kind === "words")}  paraphrase ${of(({ kind }) => kind === "paraphrase")}  ` +
          `en ${of(({ lang }) => lang === "en")}  zh ${of(({ lang }) => lang === "zh")}  ` +
          `score 10/50/90 %: answer ${spread(answerable.map(({ score }) => score))}, none ${spread(none.map(({ score }) => score))}\n`,
      );
      if (process.argv.includes("--misses"))
        for (const { question, place, first } of answerable)
          if (place === null || place > at)
            process.stdout.write([`    ${place ?? "–"}  ${question.q}`, ...first, ""].join("\n        "));
    }
  } finally {
    await server.stop();
  }
}

await main();
