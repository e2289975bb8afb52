import test from "ava";
import { factsIn } from "../../../actors/memory/patterns.ts";
import { splitActions } from "../../../actors/review/actions.ts";
import { isMarkdownLine } from "../../../actors/review/markdown-line.ts";
import { reviewOf, segmentsOf } from "../../../actors/review/review.ts";
import { ReviewParser } from "../../../actors/review/review-parser.ts";
import { splitSentences } from "../../../actors/review/sentences.ts";
import { SpokenSentences } from "../../../actors/review/spoken-sentences.ts";
import { citedSources } from "../../../actors/session/prompt/citations.ts";
import { titleFrom } from "../../../actors/session/rest/session-titles.ts";
import { truncateAt } from "../../../actors/session/transcript/truncate-at-playback.ts";
import { ReplyBudget } from "../../../actors/session/turn/reply-budget.ts";

/** Every mark that a scanner knows, and some that it does not. */
const marks = [
  ..."`~*_#>|-+.!?;:,'\"()[]<>/\\ \n\t。！？；…（）”」a1你",
  "<action>",
  "</action>",
  '<search_result url="u">',
  "</search_result>",
  "```",
  "~~~\n",
  "](",
  "[a](b ",
  "**a",
  "(ab)",
  "（笑）",
  "|---",
  "Yes. ",
  "\u0001",
];
const repetitions = 100_000;
/** A hundredth of the length: growth in proportion is a factor of 100. */
const share = 100;
/** Far above noise, far below the 10,000 of quadratic time. */
const maxFactor = 1_200;
/** What the short text may be measured as, at least: below, a timer shows noise, ms. */
const floorMs = 0.5;
/** A text this fast needs no ratio. */
const fastMs = 60;

const passage = {
  document_title: "d",
  heading: "",
  index: 0,
  content: "c",
  score: 1,
  title: "d",
} as unknown as Parameters<typeof citedSources>[1][number];

/** Texts that come in pieces of this size, as from a model. */
function inPieces(text: string, push: (piece: string) => void): void {
  for (let at = 0; at < text.length; at += 997) push(text.slice(at, at + 997));
}

const scanners: Record<string, (text: string) => unknown> = {
  review: (text) => segmentsOf(reviewOf(text)),
  "review in pieces": (text) => {
    const parser = new ReviewParser();
    inPieces(text, (piece) => {
      parser.kind;
      parser.push(piece);
    });
    return parser.end();
  },
  "spoken sentences": (text) => {
    const sentences = new SpokenSentences();
    inPieces(text, (piece) => sentences.push(piece));
    return sentences.end();
  },
  actions: splitActions,
  markdown: isMarkdownLine,
  sentences: splitSentences,
  title: titleFrom,
  citations: (text) => citedSources(text, [passage]),
  facts: factsIn,
  playback: (text) =>
    truncateAt(
      { text, segments: [{ index: 0, text: `${text.slice(0, -2)}x`, duration_ms: 10 }] },
      { index: 1, ms: 0 },
      false,
    ),
  budget: (text) => new ReplyBudget({ textBytes: 1e9, encodedBytes: 1e9 }).take(text),
};

/** CPU time of the fastest of a few runs, ms: other processes and a collection of garbage lengthen only some. */
function shortest(scan: (text: string) => unknown, text: string, runs: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const from = process.cpuUsage();
    scan(text);
    const { user, system } = process.cpuUsage(from);
    best = Math.min(best, (user + system) / 1_000);
  }
  return best;
}

/** What is wrong with the growth of a scanner's time over repetitions of a unit; undefined = nothing. */
function growth(name: string, scan: (text: string) => unknown, unit: string): string | undefined {
  const text = (count: number) => `${unit.repeat(count)}\n${unit.repeat(count / 10)}x\``;
  const long = shortest(scan, text(repetitions), 1);
  if (long < fastMs) return undefined;
  const short = Math.max(floorMs, shortest(scan, text(repetitions / share), 3));
  const factor = Math.min(long, shortest(scan, text(repetitions), 2)) / short;
  return factor > maxFactor ? `${name} ${JSON.stringify(unit)}: factor ${Math.round(factor)}` : undefined;
}

for (const [name, scan] of Object.entries(scanners)) {
  test(`${name}: time grows in proportion over 100,000 repetitions of every mark`, (t) => {
    for (const unit of marks) t.is(growth(name, scan, unit), undefined);
  });
}

/** Pairs are as many as the marks squared: a shorter text shows a square just as well, and a budget bounds each. */
for (const [name, scan] of Object.entries(scanners)) {
  test(`${name}: no pair of marks takes more than its share`, (t) => {
    const count = 2_000;
    const slow: string[] = [];
    for (const first of marks)
      for (const second of marks) {
        const unit = first + second;
        const long = shortest(scan, `${unit.repeat(count)}x\``, 1);
        if (long < 25) continue;
        const short = Math.max(floorMs, shortest(scan, `${unit.repeat(count / 40)}x\``, 3));
        const again = Math.min(long, shortest(scan, `${unit.repeat(count)}x\``, 3));
        if (again / short > 300) slow.push(`${JSON.stringify(unit)}: factor ${Math.round(again / short)}`);
      }
    t.deepEqual(slow, []);
  });
}

test("bounds of the reply's size hold for every mark, in code blocks and after one that is never closed", (t) => {
  const units = [...marks, ...marks.map((mark) => `\`\`\`js\n${mark}\n\`\`\`\n`)];
  const openings = ["", "```\n", "~~~\n", "text\n```js\n"];
  for (const unit of units.flatMap((one) => openings.map((opening) => [opening, one] as const))) {
    const limit = 800 * 1024;
    const [opening, repeated] = unit;
    const reply = opening + repeated.repeat(300_000);
    const text = new ReplyBudget({ textBytes: 256 * 1024, encodedBytes: limit }).take(reply);
    const review = reviewOf(text);
    const made = [review, segmentsOf(review), text].map((part) => Buffer.byteLength(JSON.stringify(part)));
    t.true(made.reduce((sum, bytes) => sum + bytes, 0) <= limit, JSON.stringify(unit));
  }
});
