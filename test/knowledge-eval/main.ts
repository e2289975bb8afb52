import type { Mode } from "../../actors/knowledge/ranking.ts";
import { installEmbeddings } from "../../infra/engines/extras.ts";
import { documentFixtures, faultsOf } from "../_kit/documents/fixtures.ts";
import { startEmbeddings } from "../_kit/worlds/embeddings.ts";
import { type CollectionFigures, collectionFigures } from "./collection-recall.ts";
import { at, evaluationSet, type Outcome, outcomes, recall } from "./recall.ts";
import { measureScale } from "./scale.ts";

// `make knowledge-eval`: recall of knowledge search over our own documents, and what a search costs. `--misses` shows the
// questions whose answers hybrid search does not find. Ends with 1 where it falls short of what is asked of it.

const modes: Mode[] = ["words", "vectors", "hybrid"];
const least = 0.9;
/** What hybrid search may lose against the better of its halves. */
const slack = 0.02;

const rows: Record<string, (outcome: Outcome, place: number) => boolean> = {
  "all questions": () => true,
  "  tuned on (odd)": (_, place) => place % 2 === 0,
  "  held out (even)": (_, place) => place % 2 === 1,
  "  English": ({ question }) => question.lang === "en",
  "  Chinese": ({ question }) => question.lang === "zh",
  "  same words": ({ question }) => question.kind === "words",
  "  other words": ({ question }) => question.kind === "paraphrase",
};

function line(...cells: string[]): void {
  const [first = "", ...rest] = cells;
  process.stdout.write(`${[first.padEnd(22), ...rest.map((cell) => cell.padEnd(16))].join("").trimEnd()}\n`);
}

/** 10 %, 50 % and 90 % of the scores of the first places. */
function scores(asked: readonly Outcome[]): string {
  const sorted = asked.map(({ score }) => score).toSorted((x, y) => x - y);
  return [0.1, 0.5, 0.9]
    .map((share) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2))
    .join(" ");
}

/** Recall and scores in small collections of two languages, on the held-out half; whether that is enough. */
function printCollections(collections: readonly CollectionFigures[]): boolean {
  line("held-out half, @1 @5", "same language", "across", "codes", "negations", "refused*", "accepted*");
  for (const { documents, rows, refused, accepted } of collections)
    line(
      `  ${documents} documents`,
      ...rows.map(({ recall1, recall5 }) => `${recall1.toFixed(2)} ${recall5.toFixed(2)}`),
      refused.toFixed(2),
      accepted.toFixed(2),
    );
  process.stdout.write(
    "  * questions without an answer below the score that enters prompts, and with one above it\n\n",
  );
  return collections.every(({ rows, refused }) => {
    const [same, across, code] = rows;
    return (
      (same?.recall5 ?? 0) >= 0.95 && (across?.recall5 ?? 0) >= 0.85 && code?.recall1 === 1 && refused >= 0.85
    );
  });
}

/** Recall of the expected sentences of made documents; whether all are read. */
async function printExtraction(): Promise<boolean> {
  const fixtures = documentFixtures();
  let right = 0;
  for (const fixture of fixtures) {
    const faults = await faultsOf(fixture);
    if (faults.length === 0) right += 1;
    else for (const fault of faults) process.stdout.write(`  ${fixture.name}: ${fault}\n`);
  }
  line("extraction", `${right} of ${fixtures.length} documents read as they are`);
  return right === fixtures.length;
}

async function main(): Promise<number> {
  await installEmbeddings((text) => process.stderr.write(`${text}\n`));
  const server = await startEmbeddings();
  const collections = await collectionFigures(server.embeddings);
  const set = await evaluationSet(server.embeddings).finally(() => server.stop());
  const results = modes.map((mode) => outcomes(set, mode));
  const answerable = results.map((all) => all.filter(({ question }) => question.kind !== "none"));
  const none = results.map((all) => all.filter(({ question }) => question.kind === "none"));
  const [count, without] = [answerable[0]?.length ?? 0, none[0]?.length ?? 0];
  process.stdout.write(
    `${set.chunks.length} chunks, ${count} questions with an answer, ${without} without\n\n`,
  );
  line(`recall@${at}`, ...modes);
  for (const [name, holds] of Object.entries(rows)) {
    const parts = answerable.map((all) => all.filter(holds));
    line(name, ...parts.map((part) => `${recall(part).toFixed(3)} (of ${part.length})`));
  }
  process.stdout.write("\n");
  line("score, 10/50/90 %", ...modes);
  line("  with an answer", ...answerable.map(scores));
  line("  without", ...none.map(scores));
  if (process.argv.includes("--misses"))
    for (const { question, place, first } of answerable.at(-1) ?? [])
      if (place === null || place > at)
        process.stdout.write([`\n${place ?? "–"}  ${question.q}`, ...first].join("\n      "));
  process.stdout.write("\n");
  const enough = printCollections(collections) && (await printExtraction());
  process.stdout.write("\n");
  for (const text of measureScale()) process.stdout.write(`${text}\n`);
  const [words = 0, vectors = 0, hybrid = 0] = answerable.map(recall);
  return enough && hybrid >= least && hybrid >= Math.max(words, vectors) - slack ? 0 : 1;
}

process.exitCode = await main();
