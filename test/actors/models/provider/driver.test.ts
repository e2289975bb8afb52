import { gzipSync } from "node:zlib";
import test from "ava";
import type { ModelCall, ReplyDelta } from "../../../../actors/models/model.ts";
import type { ParleyError } from "../../../../schemas/errors.ts";
import type { ChatMessage } from "../../../../schemas/wire/openai.ts";
import { refuse, say, startOddProvider, stream, takeTime } from "../../../_kit/fakes/odd-provider.ts";
import { call, calls, chunk, stop, whole } from "../../../_kit/fakes/odd-reply.ts";
import { modelsOf } from "../../../_kit/worlds/provider.ts";

const user: ChatMessage = { role: "user", content: "hi" };
const tools = [{ type: "function" as const, function: { name: "now", parameters: { type: "object" } } }];

interface Asked {
  text: string;
  deltas: ReplyDelta[];
  message?: ChatMessage;
  error?: ParleyError;
}

async function ask(
  models: Awaited<ReturnType<typeof modelsOf>>,
  given: Partial<ModelCall> = {},
): Promise<Asked> {
  const asked: Asked = { text: "", deltas: [] };
  const own = { messages: [user], params: {}, signal: new AbortController().signal, user: "u" };
  try {
    for await (const delta of models.stream("chat", { ...own, ...given })) {
      asked.deltas.push(delta);
      if (delta.kind === "content") asked.text += delta.text;
      if (delta.kind === "retract") asked.text = "";
      if (delta.kind === "end") asked.message = delta.message;
    }
  } catch (err) {
    asked.error = err as ParleyError;
  }
  return asked;
}

function modelsAt(OPENAI_BASE_URL: string, more: Record<string, string> = {}) {
  return modelsOf({ OPENAI_MODEL: "m", ...more, OPENAI_BASE_URL }, false);
}

test("what a model refuses is left out, and remembered", async (t) => {
  const fields: [string, (body: Record<string, unknown>) => boolean, unknown][] = [
    ["tools", (body) => "tools" in body, "this model does not support tools"],
    ["stream_options", (body) => "stream_options" in body, { detail: [{ loc: ["body", "stream_options"] }] }],
    [
      "system role",
      ({ messages }) => (messages as ChatMessage[]).some(({ role }) => role === "system"),
      "System role not supported",
    ],
  ];
  for (const [name, has, error] of fields) {
    const { url, requests } = await startOddProvider(t, (body, response) =>
      has(body) ? refuse(response, name === "stream_options" ? 422 : 400, error) : say(response, "yes"),
    );
    const models = await modelsAt(url);
    const messages: ChatMessage[] = [{ role: "system", content: "be kind" }, user];
    const given = { messages, params: { tools }, own: true };
    t.is((await ask(models, given)).text, "yes", name);
    t.is(requests.length, 2, name);
    t.is((await ask(models, given)).text, "yes");
    t.is(requests.length, 3, `${name} is remembered`);
    t.true(JSON.stringify(requests.at(-1)?.messages).includes("be kind"));
  }
});

test("a refusal that names nothing is not repeated, nor are a client's tools left out", async (t) => {
  const { url, requests } = await startOddProvider(t, (_, response, nth) =>
    refuse(response, 400, nth === 1 ? "no" : "tools are not supported"),
  );
  const models = await modelsAt(url);
  t.is((await ask(models, { own: true, params: { tools } })).error?.errorType, "llm_unavailable");
  t.is(requests.length, 1);
  t.is((await ask(models, { params: { tools } })).error?.errorType, "llm_unavailable");
  t.is(requests.length, 2);
});

test("Parley's own prompts alternate, those of clients once the model has asked for it", async (t) => {
  const { url, requests } = await startOddProvider(t, ({ messages }, response) => {
    const roles = messages.map(({ role }) => role);
    const strict = roles.every((role, index) => role !== roles[index - 1]);
    return strict ? say(response, "yes") : refuse(response, 400, "roles must alternate user/assistant");
  });
  const models = await modelsAt(url);
  const messages = [user, { role: "user" as const, content: "again" }];
  t.is((await ask(models, { messages, own: true })).text, "yes");
  t.deepEqual(requests.at(-1)?.messages, [{ role: "user", content: "hi\n\nagain" }]);
  t.is((await ask(models, { messages })).text, "yes");
  t.is(requests.length, 3);
});

test("fields of a message and its calls, and its reasoning, go back with it", async (t) => {
  const signature = { google: { thought_signature: "c2ln" } };
  const { url } = await startOddProvider(t, (_, response) =>
    stream(
      response,
      chunk({ reasoning_content: "I need " }),
      chunk({ reasoning_content: "the time", mark: "a" }),
      calls({ ...call(0, "c", "now", "{}"), extra_content: signature }),
      chunk({ mark: "b" }, "tool_calls"),
    ),
  );
  const { message } = await ask(await modelsAt(url));
  t.deepEqual(message, {
    mark: "ab",
    role: "assistant",
    content: null,
    reasoning_content: "I need the time",
    tool_calls: [
      { id: "c", type: "function", function: { name: "now", arguments: "{}" }, extra_content: signature },
    ],
  });
});

test("a reply that says nothing is the next model's turn, unless its thinking was shown", async (t) => {
  const { url, requests } = await startOddProvider(t, ({ model }, response) => {
    if (model === "good") say(response, "yes");
    else if (model === "empty") stream(response, chunk({ role: "assistant", content: "" }), stop, "[DONE]");
    else stream(response, chunk({ reasoning_content: "hm" }), chunk({}, "length"));
  });
  t.is((await ask(await modelsAt(url, { OPENAI_MODEL: "empty,good" }))).text, "yes");
  const empty = await ask(await modelsAt(url, { OPENAI_MODEL: "empty" }), { own: true });
  t.is(empty.error?.errorType, "llm_unavailable");
  t.deepEqual(empty.deltas, []);
  const thinking = await modelsAt(url, { OPENAI_MODEL: "thinks,good" });
  t.is((await ask(thinking, { own: true })).error?.errorType, "llm_unavailable");
  t.like((await ask(thinking)).deltas.at(-1), { kind: "end", finish_reason: "length" });
  t.is(requests.filter(({ model }) => model === "good").length, 1);
});

test("headers may come with the first token, any byte is a sign of life, silence ends a call", async (t) => {
  const limits = { LIMIT_PROVIDER_CONNECT_MS: "1500", LIMIT_PROVIDER_FIRST_TOKEN_MS: "4000" };
  const { url } = await startOddProvider(t, async ({ model }, response) => {
    const beats = model === "alive" ? 10 : 1;
    if (model === "alive") response.writeHead(200, { "content-type": "text/event-stream" });
    for (let beat = 0; beat < beats; beat++) {
      await takeTime(model === "alive" ? 450 : 2_000);
      if (model === "alive") response.write(": keep-alive\n\n");
    }
    if (model !== "silent") say(response, "yes");
  });
  const models = await modelsAt(url, { OPENAI_MODEL: "alive,late,silent", ...limits });
  const [alive, late, silent] = await Promise.all(
    ["alive", "late", "silent"].map((model) => ask(models, { model })),
  );
  t.is(alive?.text, "yes");
  t.is(late?.text, "yes");
  t.regex(silent?.error?.message ?? "", /未及时/);
});

test("a plain answer, a zipped one, one from a dead connection", async (t) => {
  const { url, requests } = await startOddProvider(t, (_, response, nth) => {
    const body = JSON.stringify(whole({ content: "yes" }));
    if (nth === 1) response.writeHead(200, { "content-type": "application/json" }).end(body);
    else if (nth === 2)
      response
        .writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" })
        .end(gzipSync(`data: ${JSON.stringify(chunk({ content: "yes" }, "stop"))}\n\n`));
    else if (nth === 3) response.destroy();
    else say(response, "yes");
  });
  const models = await modelsAt(url);
  for (let asked = 0; asked < 3; asked++) t.is((await ask(models)).text, "yes");
  t.is(requests.length, 4);
});

test("what a model does not take is remembered only where leaving it out has helped; a bad picture says nothing", async (t) => {
  const picture = { type: "image_url" as const, image_url: { url: "data:image/png;base64,AA" } };
  const { url, requests } = await startOddProvider(t, ({ messages }, response) => {
    if (messages.some(({ content }) => Array.isArray(content)))
      return refuse(response, 400, "could not decode the image in the message");
    return refuse(response, 400, "the system is under maintenance");
  });
  const models = await modelsAt(url);
  const messages: ChatMessage[] = [{ role: "system", content: "be kind" }, user];
  for (const asked of [2, 4]) {
    t.is((await ask(models, { messages, own: true })).error?.errorType, "llm_unavailable");
    t.is(requests.length, asked);
  }
  await ask(models, { messages: [{ role: "user", content: [picture] }], own: true });
  t.true(models.sees());
  const blind = await startOddProvider(t, (_, response) =>
    refuse(response, 400, "image_url is only supported by certain models"),
  );
  const others = await modelsAt(blind.url);
  await ask(others, { messages: [{ role: "user", content: [picture] }], own: true });
  t.false(others.sees());
});
