import test from "ava";
import { hear, modelsOf, startUpstream } from "../../_kit/worlds/provider.ts";

test("streams text, and takes the provider's usage", async (t) => {
  const upstream = await startUpstream(t);
  const models = await modelsOf({
    OPENAI_BASE_URL: upstream.url,
    OPENAI_API_KEY: "sk-canary",
    OPENAI_MODEL: "slow:5x1",
  });
  const { deltas, text } = await hear(models, { text: "one two three" });
  t.is(text, "one two three");
  t.deepEqual(deltas[0], { kind: "start", model: "slow:5x1" });
  t.is(deltas.filter(({ kind }) => kind === "content").length, 5);
  t.deepEqual(deltas.at(-1), {
    kind: "end",
    finish_reason: "stop",
    usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
    message: { role: "assistant", content: "one two three" },
  });
  const calls = await upstream.calls();
  t.is(calls.length, 1);
  t.is(calls[0]?.authorization, "Bearer sk-canary");
});

test("reasoning is kept apart under both of its names", async (t) => {
  const { url } = await startUpstream(t);
  const { deltas, text } = await hear(await modelsOf({ OPENAI_BASE_URL: url }), { model: "reason" });
  t.is(text, "hello");
  t.deepEqual(
    deltas.flatMap((delta) => (delta.kind === "reasoning" ? [delta.text] : [])),
    ["let me ", "think"],
  );
});

test("tool calls pass, sloppy ones are put right", async (t) => {
  const { url } = await startUpstream(t);
  const models = await modelsOf({ OPENAI_BASE_URL: url });
  for (const model of ["tools", "sloppy-tools"]) {
    const { deltas } = await hear(models, { model });
    const calls = deltas.flatMap((delta) => (delta.kind === "tool_calls" ? delta.tool_calls : []));
    t.is(calls[0]?.index, 0);
    t.is(calls[0]?.type, "function");
    t.is(calls[0]?.id, "call_1");
    const json = calls.map((call) => call.function?.arguments ?? "").join("");
    t.notThrows(() => JSON.parse(json));
    const end = deltas.at(-1);
    t.is(end?.kind === "end" && end.finish_reason, "tool_calls");
  }
});

test("a provider without usage is estimated, one that holds the line is not waited for", async (t) => {
  const { url } = await startUpstream(t);
  const models = await modelsOf({ OPENAI_BASE_URL: url, LIMIT_PROVIDER_IDLE_MS: "20000" });
  const without = await hear(models, { model: "no-usage" });
  t.is(without.error, undefined);
  const end = without.deltas.at(-1);
  t.true(end?.kind === "end" && end.usage.completion_tokens > 0);
  const open = await hear(models, { model: "no-end" });
  t.is(open.error, undefined);
  t.is(open.text, "hello");
});

test("no key is sent where none is configured", async (t) => {
  const upstream = await startUpstream(t);
  await hear(await modelsOf({ OPENAI_BASE_URL: upstream.url, OPENAI_MODEL: "slow:1x0" }), {});
  t.is((await upstream.calls())[0]?.authorization, undefined);
});
