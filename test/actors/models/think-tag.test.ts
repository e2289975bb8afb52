import test from "ava";
import fc from "fast-check";
import { ThinkTag } from "../../../actors/models/provider/think-tag.ts";

/** What becomes of a reply that comes in such pieces. */
function taken(text: string, size: number): { content: string; reasoning: string } {
  const tag = new ThinkTag();
  const all = { content: "", reasoning: "" };
  const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
  for (const part of [...pieces.flatMap((piece) => tag.push(piece)), ...tag.end()]) {
    if (part.kind !== "retract") all[part.kind] += part.text;
    else {
      all.reasoning = all.content;
      all.content = "";
    }
  }
  return all;
}

for (const [text, content, reasoning] of [
  ["<think>a < b</think>\n\nYes.", "Yes.", "a < b"],
  ["\n <think></think>Yes.", "Yes.", ""],
  ["<think>cut off </thi", "", "cut off </thi"],
  ["<thi", "<thi", ""],
  ["<thinking>x</thinking>", "<thinking>x</thinking>", ""],
  ["Say <think>no</think>.", "Say <think>no</think>.", ""],
  ["let me see\n</think>\n\nHello world", "Hello world", "let me see\n"],
  ["</think>Hello </think> world", "Hello </think> world", ""],
  ["The tag `</think>` ends it.", "The tag `</think>` ends it.", ""],
] as const) {
  test(`thinking at the beginning is taken out: ${JSON.stringify(text)}`, (t) => {
    for (const size of [1, 2, 3, 5, 100]) t.deepEqual(taken(text, size), { content, reasoning });
  });
}

test("a reply without thinking is left as it is, however it is cut", (t) => {
  const text = fc.string({ unit: fc.constantFrom("<", "t", "h", "i", "n", "k", ">", "/", " ", "a") });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 9 }), (reply, size) => {
      fc.pre(!reply.trimStart().startsWith("<think>") && !reply.includes("</think>"));
      t.deepEqual(taken(reply, size), { content: reply, reasoning: "" });
    }),
  );
  t.pass();
});
