import test from "ava";
import fc from "fast-check";
import { readEvents } from "../../../../actors/models/provider/events.ts";
import { ProviderReply } from "../../../../actors/models/provider/reply.ts";
import { ReplyAssembly } from "../../../../schemas/wire/chat-assembly.ts";
import { oddReplies } from "../../../_kit/fakes/odd-replies.ts";

const bounds = { bodyBytes: 1_000_000, lineBytes: 100_000 };

interface Read {
  content: string;
  reasoning: string;
  calls: [string, string][];
  ids: string[];
  fields: Record<string, unknown>;
  finish?: string;
  error?: string;
}

async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    yield bytes.subarray(start, end);
    start = end;
  }
}

/** What a body means, cut into such pieces. */
async function read(body: string, cuts: readonly number[] = []): Promise<Read> {
  let made = 0;
  const reply = new ProviderReply(100_000, () => `made_${++made}`);
  const assembly = new ReplyAssembly();
  const result: Partial<Read> = {};
  const add = (parts: ReturnType<ProviderReply["read"]>) => {
    for (const part of parts) {
      if (part.kind === "content") assembly.add({ content: part.text });
      if (part.kind === "reasoning") assembly.add({ reasoning_content: part.text });
      if (part.kind === "tool_calls") assembly.add({ tool_calls: part.tool_calls });
      if (part.kind === "fields") assembly.add({ fields: part.fields });
      if (part.kind === "retract") assembly.retract();
    }
  };
  try {
    for await (const event of readEvents(pieces(Buffer.from(body), cuts), bounds)) {
      if (event.kind === "value") add(reply.read(event.value));
      if (event.kind === "done") reply.done();
    }
    add(reply.end());
    result.finish = reply.finish;
  } catch (err) {
    result.error = (err as Error).message;
  }
  const { content, reasoning, toolCalls, fields } = assembly;
  const calls = toolCalls.map((call): [string, string] => [call.function.name, call.function.arguments]);
  return { content, reasoning, calls, ids: toolCalls.map(({ id }) => id), fields, ...result };
}

/** A stream as a server writes it. */
function sse(values: readonly unknown[], { eol = "\n", comments = false, space = true } = {}): string {
  const lines = values.flatMap((value) => [
    ...(comments ? [": keep-alive", ""] : []),
    `data:${space ? " " : ""}${typeof value === "string" ? value : JSON.stringify(value)}`,
    "",
  ]);
  return `${lines.join(eol)}${eol}`;
}

for (const { name, stream, plain, content = "", reasoning = "", calls = [], finish, error } of oddReplies) {
  test(`reply: ${name}`, async (t) => {
    for (const body of [sse(stream), ...(plain === undefined ? [] : [JSON.stringify(plain, null, 2)])]) {
      const result = await read(body);
      t.is(result.content, content);
      t.is(result.reasoning, reasoning);
      t.deepEqual(result.calls, calls);
      t.is(new Set(result.ids).size, calls.length);
      t.true(result.ids.every((id) => id !== ""));
      if (error === undefined) t.is(result.error, undefined);
      else t.regex(result.error ?? "", error);
      if (error === undefined) t.is(result.finish, finish ?? "stop");
    }
  });
}

test("however a reply is cut and written, it means the same", async (t) => {
  const cuts = fc.array(fc.nat(5_000), { maxLength: 12 });
  const form = fc.record({ eol: fc.constantFrom("\n", "\r\n"), comments: fc.boolean(), space: fc.boolean() });
  const each = fc.constantFrom(...oddReplies);
  await fc.assert(
    fc.asyncProperty(each, cuts, form, fc.boolean(), async (reply, where, how, bom) => {
      const expected = await read(sse(reply.stream));
      t.deepEqual(await read(`${bom ? "\ufeff" : ""}${sse(reply.stream, how)}`, where), expected);
      if (reply.plain === undefined) return;
      const plain = JSON.stringify(reply.plain);
      t.deepEqual(await read(plain, where), await read(plain));
    }),
    { numRuns: 300 },
  );
});

test("byte by byte", async (t) => {
  for (const { stream } of oddReplies) {
    const body = sse(stream, { eol: "\r\n" });
    t.deepEqual(await read(body, [...Buffer.from(body).keys()]), await read(body));
  }
});

test("fields that nobody knows are joined and kept with their message and call", async (t) => {
  const signature = { google: { thought_signature: "c2ln" } };
  const delta = (more: object) => ({ choices: [{ delta: more }] });
  const body = sse([
    delta({ reasoning_details: [{ index: 0, type: "reasoning.text", text: "I " }] }),
    delta({ reasoning_details: [{ index: 0, type: "reasoning.text", text: "think" }] }),
    delta({ tool_calls: [{ index: 0, id: "c", function: { name: "now" }, extra_content: signature }] }),
    delta({ tool_calls: [{ index: 0, function: { arguments: "{}" }, extra_content: signature }] }),
    "[DONE]",
  ]);
  const { fields, calls } = await read(body);
  t.deepEqual(fields, { reasoning_details: [{ index: 0, type: "reasoning.text", text: "I think" }] });
  t.deepEqual(calls, [["now", "{}"]]);
});

test("events that miss the line between them, and one that was cut off", async (t) => {
  const value = (content: string) => JSON.stringify({ choices: [{ delta: { content } }] });
  t.like(await read(`data: ${value("a")}\ndata: ${value("b")}\n\ndata: [DONE]\n\n`), { content: "ab" });
  t.like(await read(`data: ${value("a")}\n\ndata: {"choices":[{"del`), {
    content: "a",
    error: "上游回复中断",
  });
  t.like(await read("data: {not json\n\n"), { error: "上游回复无效" });
  t.like(await read("<html>no</html>"), { error: "上游回复中断" });
  t.like(await read(""), { error: "上游回复中断" });
});

test("what is too large is refused: a line, a body, a reply", async (t) => {
  t.like(await read(`data: ${"x".repeat(200_000)}`), { error: "上游回复过大" });
  const text = sse(
    Array.from({ length: 30 }, () => ({ choices: [{ delta: { content: "x".repeat(5_000) } }] })),
  );
  t.like(await read(text), { error: "上游回复过大" });
});
