import test from "ava";
import fc from "fast-check";
import { reviewOf, segmentsOf } from "../../../actors/review/review.ts";
import { SpokenSentences } from "../../../actors/review/spoken-sentences.ts";

/** What is spoken of chunks: while they come, and with the end. */
function spoken(chunks: readonly string[]): { before: string[]; all: string[] } {
  const sentences = new SpokenSentences();
  const before = chunks.flatMap((chunk) => sentences.push(chunk));
  return { before, all: [...before, ...sentences.end()] };
}

function cutAt(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
    text.slice(i * size, (i + 1) * size),
  );
}

const lines = fc.constantFrom(
  "Hello there, this is one. And this is two! Is it?",
  "今天天气真好呀！我们去公园吧。好的…",
  "（轻轻笑了）真的吗？那太好了。",
  "I told him (he laughed) that it is 3.14. Or so.",
  "He smiled (a little).",
  "<action>waves. slowly.</action> Welcome back. Sit down.",
  "Run it:",
  "```js\nconsole.log('no. never.');\n```",
  "- a list. with dots",
  "# A heading. with dots",
  "",
  "Ok.",
  "没有标点的一行",
);

test("however a reply is cut into chunks, the sentences of plain chat are spoken, once and in order", (t) => {
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), (parts, size) => {
      const text = parts.join("\n");
      const expected = segmentsOf(reviewOf(text)).map((segment) => segment.text);
      t.deepEqual(spoken(cutAt(text, size)).all, expected);
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

test("a sentence is spoken as soon as the next one begins", (t) => {
  const sentences = new SpokenSentences();
  t.deepEqual(sentences.push("The first sentence."), []);
  t.deepEqual(sentences.push(" T"), ["The first sentence."]);
  t.deepEqual(sentences.push("he next costs 3."), []);
  t.deepEqual(sentences.push("14 euros! Is"), ["The next costs 3.14 euros!"]);
  t.deepEqual(sentences.push(" that\nso"), ["Is that"]);
  t.deepEqual(sentences.end(), ["so"]);
});

test("what may still become code, an action or a link is not spoken early, and never late", (t) => {
  const of = (text: string) => spoken(cutAt(text, 3)).all.join(" | ");
  t.is(of("Call `foo. bar! baz` now. Then go."), "");
  t.is(of("Safe so far. Now `x. y` comes."), "Safe so far.");
  t.is(of("<action>He stops. He looks around. </action>"), "");
  t.is(of("（他停下。看了看四周。）走吧，我们回家。"), "走吧，我们回家。");
  t.is(of("```\nwithout an end. really. truly."), "");
});

test("any text is taken to its end", (t) => {
  const anything = fc.string({ unit: fc.constantFrom(..."ab .。!(（)）<action>/`*#-|\n[]1") });
  fc.assert(
    fc.property(anything, fc.integer({ min: 1, max: 5 }), (text, size) => {
      for (const sentence of spoken(cutAt(text, size)).all) t.true(sentence.trim().length > 0);
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

test("a line that turns out to be Markdown does not have the lines before it spoken again", (t) => {
  const text = "First this.\nCall it now. Use `npm i` for that. Then go.\nLast that.";
  for (const size of [1, 3, 7, 20, 100]) {
    const { all } = spoken(cutAt(text, size));
    t.deepEqual(
      all.filter((sentence) => sentence !== "Call it now."),
      ["First this.", "Last that."],
    );
  }
});

test("code is not spoken where its fence opens behind words, and what follows it is", (t) => {
  const text = "Do this: ```js\nconsole.log('x'); // Never. Said.\n```\nThat was it.";
  for (const size of [1, 3, 7, 20, 100])
    t.deepEqual(spoken(cutAt(text, size)).all, ["Do this:", "That was it."]);
  t.deepEqual(
    reviewOf(text).map(({ type, content }) => ({ type, content })),
    [
      { type: "chat", content: "Do this:" },
      { type: "code", content: "console.log('x'); // Never. Said." },
      { type: "chat", content: "That was it." },
    ],
  );
});
