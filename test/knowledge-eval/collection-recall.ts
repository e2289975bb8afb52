import { BaseIndex } from "../../actors/knowledge/base-index.ts";
import { embeddedTexts, searchTerms } from "../../actors/knowledge/chunk-text.ts";
import { chunkVectors } from "../../actors/knowledge/chunk-vectors.ts";
import { chunkText } from "../../actors/knowledge/chunker.ts";
import { rank } from "../../actors/knowledge/ranking.ts";
import type { Embeddings } from "../../actors/models/embeddings.ts";
import { packVector, unpackVector } from "../../actors/text/vector.ts";
import { cachedVectors } from "./cached-vectors.ts";
import { codes, items, negations, unanswerable } from "./collections.ts";
import { corpus } from "./question.ts";

const model = "e5";
/** Score from which passages enter a prompt; see actors/knowledge/passages.ts. */
const promptFrom = 0.5;

interface Small {
  title: string;
  text: string;
}

interface Asked {
  query: string;
  vector: Float32Array;
  /** Title of the right document; null = nothing answers. */
  title: string | null;
  kind: "same" | "across" | "code" | "negation" | "none";
  /** Whether it is of the half that nothing was tuned on. */
  heldOut: boolean;
}

/** Figures of one size of collection. */
export interface CollectionFigures {
  documents: number;
  rows: { name: string; recall1: number; recall5: number; count: number }[];
  /** Share of the unanswerable questions that stay below what enters a prompt, and of the answerable ones above. */
  refused: number;
  accepted: number;
}

/** Recall in small collections of two languages, with the rest of the corpus as filler. */
export async function collectionFigures(embeddings: Embeddings): Promise<CollectionFigures[]> {
  const own: Small[] = [
    ...items(),
    ...codes(),
    ...negations.flatMap(({ texts }) => texts.map((text) => ({ title: text, text }))),
  ];
  const filler = corpus().flatMap(({ title, text }) =>
    chunkText(text).map(({ heading, content }, i) => ({ title: `${title} ${i} ${heading}`, text: content })),
  );
  const vectors = await vectorsOf(embeddings, [...own, ...filler]);
  const asked = await questionsOf(embeddings);
  return [5, 30, 300].map((size) => figuresOf(size, own, filler, vectors, asked));
}

async function vectorsOf(
  embeddings: Embeddings,
  documents: readonly Small[],
): Promise<Map<string, Float32Array>> {
  const vectors = new Map<string, Float32Array>();
  for (const { title, text } of documents) {
    const chunks = chunkText(text).slice(0, 1);
    const [vector] = chunkVectors(
      chunks,
      await cachedVectors(embeddings, embeddedTexts(title, chunks), "passage"),
    );
    // As it is stored.
    if (vector !== undefined) vectors.set(title, unpackVector(packVector(vector)));
  }
  return vectors;
}

async function questionsOf(embeddings: Embeddings): Promise<Asked[]> {
  const all: Omit<Asked, "vector">[] = [
    ...items().flatMap(({ title, same, across }, i) => [
      { query: same, title, kind: "same" as const, heldOut: i % 4 > 1 },
      { query: across, title, kind: "across" as const, heldOut: i % 4 > 1 },
    ]),
    ...codes().map(({ query, title }) => ({ query, title, kind: "code" as const, heldOut: true })),
    ...negations.map(({ texts, query }, i) => ({
      query,
      title: texts[i === 1 ? 0 : 1],
      kind: "negation" as const,
      heldOut: true,
    })),
    ...unanswerable.map((query, i) => ({ query, title: null, kind: "none" as const, heldOut: i % 2 === 1 })),
  ];
  const vectors = await cachedVectors(
    embeddings,
    all.map(({ query }) => query),
    "query",
  );
  return all.map((one, i) => ({ ...one, vector: vectors[i] ?? new Float32Array() }));
}

function figuresOf(
  size: number,
  own: Small[],
  filler: Small[],
  vectors: Map<string, Float32Array>,
  asked: Asked[],
): CollectionFigures {
  const held = asked.filter(({ heldOut }) => heldOut);
  const results = held.map((question, i) => ({
    question,
    ...answer(question, collection(question, size, own, filler, i), vectors),
  }));
  const share = (list: typeof results, holds: (one: (typeof results)[number]) => boolean) =>
    list.filter(holds).length / Math.max(1, list.length);
  const kinds = ["same", "across", "code", "negation"] as const;
  const rows = kinds.map((name) => {
    const list = results.filter(({ question }) => question.kind === name);
    return {
      name,
      count: list.length,
      recall1: share(list, ({ place }) => place === 1),
      recall5: share(list, ({ place }) => place > 0 && place <= 5),
    };
  });
  const none = results.filter(({ question }) => question.kind === "none");
  const answerable = results.filter(({ question }) => question.kind === "same" || question.kind === "across");
  return {
    documents: size,
    rows,
    refused: share(none, ({ score }) => score < promptFrom),
    accepted: share(answerable, ({ score }) => score >= promptFrom),
  };
}

/** Documents around the right one, half of them of our own as long as there are enough. */
function collection({ title }: Asked, size: number, own: Small[], filler: Small[], seed: number): Small[] {
  const right = own.filter((one) => one.title === title);
  const others = own.filter((one) => one.title !== title);
  const turned = [...others.slice(seed % others.length), ...others.slice(0, seed % others.length)];
  return [...right, ...turned, ...filler].slice(0, size);
}

function answer({ query, vector, title }: Asked, documents: Small[], vectors: Map<string, Float32Array>) {
  const index = new BaseIndex();
  for (const one of documents) {
    const [chunk = { heading: "", content: one.text }] = chunkText(one.text);
    const values = vectors.get(one.title);
    index.add({
      id: one.title,
      document: one.title,
      terms: searchTerms(one.title, chunk),
      vector: values === undefined ? null : { model, values },
    });
  }
  const hits = rank([index], query, { model, values: vector }, 20);
  return {
    place: hits.findIndex(({ chunk }) => index.idOf(chunk) === title) + 1,
    score: hits[0]?.score ?? 0,
  };
}
