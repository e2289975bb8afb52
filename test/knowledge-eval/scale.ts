import { BaseIndex } from "../../actors/knowledge/base-index.ts";
import { searchTerms } from "../../actors/knowledge/chunk-text.ts";
import { chunkText } from "../../actors/knowledge/chunker.ts";
import { rank } from "../../actors/knowledge/ranking.ts";
import { corpus, questions } from "./question.ts";

// Terms are drawn from our own documents with their frequencies, vectors at random: neither changes what a search costs.

const chunks = 50_000;
const dimensions = 384;
const termsEach = 60;
const rounds = 200;
const runs = 3;
const seed = 1;
const model = "random";

/** Numbers below 1 that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function randomVector(random: () => number): Float32Array {
  const vector = Float32Array.from({ length: dimensions }, () => random() + random() + random() - 1.5);
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

function build(random: () => number): BaseIndex {
  const words = corpus().flatMap(({ title, text }) =>
    chunkText(text).flatMap((chunk) => searchTerms(title, chunk).split(" ")),
  );
  const index = new BaseIndex();
  for (let i = 0; i < chunks; i++) {
    const terms = Array.from({ length: termsEach }, () => words[Math.floor(random() * words.length)]);
    index.add({
      id: String(i),
      document: String(i % 500),
      terms: terms.join(" "),
      vector: { model, values: randomVector(random) },
    });
  }
  return index;
}

function measure(work: (round: number) => void): { p50: number; p95: number } {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const at = performance.now();
    work(round);
    times.push(performance.now() - at);
  }
  times.sort((x, y) => x - y);
  return { p50: times[Math.floor(rounds * 0.5)] ?? 0, p95: times[Math.floor(rounds * 0.95)] ?? 0 };
}

/** The reference: one array of float32, one dot product a vector, the best value kept. */
function bareScan(random: () => number): (query: Float32Array) => number {
  const all = new Float32Array(chunks * dimensions).map(() => random() - 0.5);
  return (query) => {
    let best = Number.NEGATIVE_INFINITY;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const from = chunk * dimensions;
      let sum = 0;
      for (let i = 0; i < dimensions; i++) sum += (all[from + i] as number) * (query[i] as number);
      if (sum > best) best = sum;
    }
    return best;
  };
}

/** Time of a search over 50,000 chunks beside a bare scan of as many vectors, three times over, as lines of a table. */
export function measureScale(): string[] {
  const random = seeded(seed);
  const at = performance.now();
  const index = build(random);
  const built = ((performance.now() - at) / 1000).toFixed(1);
  const asked = questions().map(({ q }) => q);
  const vectors = Array.from({ length: 32 }, () => randomVector(random));
  const scan = bareScan(random);
  const values = (round: number) => vectors[round % vectors.length] ?? new Float32Array();
  const query = (round: number) => asked[round % asked.length] ?? "";
  const cell = ({ p50, p95 }: { p50: number; p95: number }) =>
    `${p50.toFixed(1)} / ${p95.toFixed(1)}`.padEnd(16);
  const head = ["p50 / p95, ms", "bare scan", "words", "hybrid"];
  const lines = [
    `${chunks} chunks of ${dimensions} dimensions, built in ${built} s, ${Math.round(index.bytes / 2 ** 20)} MiB`,
    head.map((text, i) => text.padEnd(i === 0 ? 22 : 16)).join(""),
  ];
  for (let run = 1; run <= runs; run++) {
    const bare = measure((round) => void scan(values(round)));
    const words = measure((round) => void rank([index], query(round), null, 5, "words"));
    const hybrid = measure((round) => void rank([index], query(round), { model, values: values(round) }, 5));
    lines.push(`${`  run ${run}`.padEnd(22)}${[bare, words, hybrid].map(cell).join("")}`);
  }
  return lines.map((text) => text.trimEnd());
}
