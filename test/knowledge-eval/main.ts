import type { Mode } from "../../actors/knowledge/ranking.ts";
import { installEmbeddings } from "../../infra/engines/extras.ts";
import { startEmbeddings } from "../_kit/worlds/embeddings.ts";
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

async function main(): Promise<number> {
  await installEmbeddings((text) => process.stderr.write(`${text}\n`));
  const server = await startEmbeddings();
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
  for (const text of measureScale()) process.stdout.write(`${text}\n`);
  const [words = 0, vectors = 0, hybrid = 0] = answerable.map(recall);
  return hybrid >= least && hybrid >= Math.max(words, vectors) - slack ? 0 : 1;
}

process.exitCode = await main();
