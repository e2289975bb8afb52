import test from "ava";
import { BaseIndex } from "../../../actors/knowledge/base-index.ts";
import { embeddedTexts } from "../../../actors/knowledge/chunk-text.ts";
import { chunkVectors } from "../../../actors/knowledge/chunk-vectors.ts";
import { rank } from "../../../actors/knowledge/ranking.ts";

const query = (values: number[], model = "m") => ({ model, values: Float32Array.from(values) });
const unit = (...values: number[]) => {
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
};

test("vectors of different models stand side by side and are never compared", (t) => {
  const index = new BaseIndex();
  const add = (id: string, model: string, values: number[]) =>
    index.add({ id, document: id, terms: id, vector: { model, values: Float32Array.from(values) } });
  add("old", "one", [1, 0]);
  add("new", "two", [0, 1, 0]);
  add("gone", "two", [0, 1, 0]);
  index.remove("gone");
  const found = (vector: ReturnType<typeof query>) =>
    rank([index], "nothing", vector, 5).map(({ chunk }) => index.idOf(chunk));
  t.deepEqual(found(query([1, 0], "one")), ["old"]);
  t.deepEqual(found(query([0, 1, 0], "two")), ["new"]);
  t.deepEqual(found(query([1, 0], "two")), [], "of another length");
  t.deepEqual(found(query([1, 0], "three")), []);
});

test("a text in the query's own language, or of a favoured length, is not better for that alone", (t) => {
  const index = new BaseIndex();
  // The second number of each vector is what it says, the first what its language and length do to every cosine.
  const add = (id: string, terms: string, form: number, meaning: number) =>
    index.add({ id, document: id, terms, vector: query(unit(form, meaning, 3)) });
  for (let i = 0; i < 30; i++) add(`zh${i}`, "中文 文字", 0.6, (i % 7) / 100);
  for (let i = 0; i < 30; i++) add(`en${i}`, "english words", 0, (i % 5) / 100);
  add("answer", "english answer", 0, 0.5);
  for (let i = 0; i < 30; i++) add(`short${i}`, "x", 0.3, (i % 3) / 100);
  const [first] = rank([index], "question", query(unit(1, 1, 3)), 1, "vectors");
  t.is(index.idOf(first?.chunk ?? -1), "answer");
});

test("a chunk has something of its heading and of its section, and is of length 1", (t) => {
  const chunks = [
    { heading: "Pump › Filter", content: "a" },
    { heading: "Pump › Filter", content: "b" },
    { heading: "Garden › Roses", content: "c" },
  ];
  const texts = embeddedTexts("Manual", chunks);
  t.deepEqual(texts, [
    "Manual › Pump › Filter\na",
    "Manual › Pump › Filter\nb",
    "Manual › Garden › Roses\nc",
    "Filter",
    "Roses",
  ]);
  const axes = texts.map((_, i) => Float32Array.from({ length: 5 }, (__, d) => (d === i ? 1 : 0)));
  const [a = new Float32Array(), , c = new Float32Array()] = chunkVectors(chunks, axes);
  for (const vector of [a, c]) t.true(Math.abs(Math.hypot(...vector) - 1) < 1e-6);
  const [own = 0, beside = 0, other = 0, heading = 0, foreign = 0] = a;
  t.true(own > heading && own > beside && heading > 0 && beside > 0);
  t.deepEqual([other, foreign], [0, 0]);
  t.deepEqual([c[0], c[1], c[3]], [0, 0, 0]);
});

test("signs and words that stand in every text find nothing", (t) => {
  const index = new BaseIndex();
  index.add({ id: "a", document: "a", terms: "text", vector: query([1, 0]) });
  for (const text of ["。", "?!", "的", "the", "  "])
    t.deepEqual(rank([index], text, query([1, 0]), 5), [], text);
  t.is(rank([index], "meaning", query([1, 0]), 5).length, 1);
});

test("who gives a code gets what holds it first", (t) => {
  const index = new BaseIndex();
  const add = (id: string, terms: string, ...values: number[]) =>
    index.add({ id, document: id, terms, vector: query(unit(...values)) });
  add("near", "part shelf", 1, 0.1);
  add("other", "kx-902 kx 902 part", 1, 0.2);
  add("right", "kx-901 kx 901 part", 0.1, 1);
  const [first] = rank([index], "KX-901", query(unit(1, 0)), 3);
  t.is(index.idOf(first?.chunk ?? -1), "right");
});
