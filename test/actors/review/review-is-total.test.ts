import test from "ava";
import fc from "fast-check";
import { msgTypeOf, reviewOf, segmentsOf } from "../../../actors/review/review.ts";
import { ReviewParser } from "../../../actors/review/review-parser.ts";

/** Texts made of what the parser looks for, in any order. */
const texts = fc
  .array(
    fc.constantFrom(
      "<action>",
      "</action>",
      '<search_result url="u">',
      "</search_result>",
      "```",
      "```ts\n",
      "~~~",
      "\n",
      "\n\n",
      " ",
      "（",
      "）",
      "(",
      ")",
      "# ",
      "- a",
      "> q",
      "| a | b |",
      "|---|---|",
      "[x](y)",
      "**b**",
      "你好。",
      "Hello! ",
      "word",
      "1. x",
      "`c`",
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

/** Cuts a text at random places. */
const cut = (text: string, places: number[]) => {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, index) => text.slice(from, at[index] ?? text.length));
};

test("any text becomes the same pieces, however it is cut into chunks", (t) => {
  fc.assert(
    fc.property(texts, fc.array(fc.nat(), { maxLength: 8 }), (text, places) => {
      const whole = new ReviewParser();
      whole.push(text);
      const chunked = new ReviewParser();
      for (const chunk of cut(text, places)) chunked.push(chunk);
      t.deepEqual(chunked.end(), whole.end());
    }),
    { numRuns: 500 },
  );
});

test("pieces keep every word of the text, in order", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
      const words = (of: string) => of.replace(/[^\p{L}\p{N}]+/gu, "");
      const plain = text.replaceAll("<", "").replaceAll("`", "").replaceAll("~", "");
      t.is(
        words(
          reviewOf(plain)
            .map(({ content }) => content)
            .join(" "),
        ),
        words(plain),
      );
    }),
  );
});

test("brackets within a sentence, of formulas and of calls are no actions", (t) => {
  const kinds = (text: string) => reviewOf(text).map(({ type, content }) => `${type} ${content}`);
  for (const text of [
    "数学 f(x)=(x+1)(x-1)。",
    "see the file (main.ts) for details",
    "call foo(bar)",
    "Paris (France).",
    "价格（含税）是100元。",
  ])
    t.deepEqual(kinds(text), [`chat ${text}`]);
  t.deepEqual(kinds("(smiles) Hello. (waves) Bye"), [
    "action smiles",
    "chat Hello.",
    "action waves",
    "chat Bye",
  ]);
  t.deepEqual(kinds("嗯，（歪头）（微笑）你说呢"), [
    "chat 嗯，",
    "action 歪头",
    "action 微笑",
    "chat 你说呢",
  ]);
});

test("a reply with every kind is taken apart, and only chat is spoken", (t) => {
  const review = reviewOf(
    "<action>轻轻推开窗户</action>你好呀！今天天气很好。（微笑）我们去散步吧\n北京（中国首都）很大。\n\n# 标题\n- 一\n\n```ts\nconst x = 1;\n```\n再见",
  );
  t.deepEqual(
    review.map(({ type, content }) => [type, content]),
    [
      ["action", "轻轻推开窗户"],
      ["chat", "你好呀！今天天气很好。"],
      ["action", "微笑"],
      ["chat", "我们去散步吧\n北京（中国首都）很大。"],
      ["markdown", "# 标题\n- 一"],
      ["code", "const x = 1;"],
      ["chat", "再见"],
    ],
  );
  t.is(review[5]?.metadata?.language, "ts");
  t.is(review[0]?.delay_ms, 0);
  t.true(review.every(({ delay_ms }) => delay_ms <= 1_500));
  t.deepEqual(
    segmentsOf(review).map(({ text }) => text),
    ["你好呀！", "今天天气很好。", "我们去散步吧", "北京（中国首都）很大。", "再见"],
  );
  t.is(msgTypeOf(review), "markdown");
});
