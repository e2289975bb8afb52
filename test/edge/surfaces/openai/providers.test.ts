import type { ServerResponse } from "node:http";
import test from "ava";
import OpenAI, { APIError } from "openai";
import {
  type OddProvider,
  type OddRequest,
  refuse,
  say,
  startOddProvider,
  stream,
  takeTime,
} from "../../../_kit/fakes/odd-provider.ts";
import { call, calls, chunk, done, stop } from "../../../_kit/fakes/odd-reply.ts";
import { type System, startSystem } from "../../../_kit/worlds/system.ts";
import { mintToken } from "../../../_kit/worlds/token.ts";

// `/v1` and a provider together: what a client sends, what the provider gets, what comes back.

let system: System;
let provider: OddProvider;
let client: OpenAI;
const ends: (() => unknown)[] = [];

/** What the provider does, by the model's name. */
const behaviours: Record<string, (response: ServerResponse, request: OddRequest) => unknown> = {
  say: (response) => say(response, "yes"),
  think: (response) =>
    stream(
      response,
      chunk({ reasoning_content: "h" }),
      chunk({ reasoning: "m" }),
      chunk({ content: "yes" }),
      stop,
      done,
    ),
  rich: (response) =>
    stream(
      response,
      { choices: [{ delta: { content: "y" }, logprobs: { content: [{ token: "y" }] } }] },
      {
        choices: [
          { delta: { content: "es" }, logprobs: { content: [{ token: "es" }] }, finish_reason: "stop" },
        ],
      },
      {
        choices: [],
        usage: { prompt_tokens: 9, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 8 } },
      },
      done,
    ),
  calls: (response) =>
    stream(
      response,
      calls({
        ...call(0, undefined, "f", { city: "Oslo" }),
        extra_content: { google: { thought_signature: "s" } },
      }),
      calls(call(0, "b", "g", "{}")),
      chunk({}, "stop"),
    ),
  inside: (response) =>
    stream(response, chunk({ content: "let me see\n" }), chunk({ content: "</think>\n\nyes" }), stop),
  "429": (response) => refuse(response, 429, "slow down", { "retry-after": "30" }),
  context: (response) =>
    refuse(response, 400, {
      error: { message: "maximum context length is 10", code: "context_length_exceeded" },
    }),
  "500": (response) => refuse(response, 500, "broken"),
  "401": (response) => refuse(response, 401, "bad key"),
  empty: (response) => stream(response, chunk({ content: "" }), stop, done),
  slow: async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let beat = 0; beat < 12; beat++) {
      await takeTime(250);
      response.write(": thinking\n\n");
    }
    say(response, "yes");
  },
};

test.before(async () => {
  const scope = { teardown: (end: () => unknown) => void ends.push(end) };
  provider = await startOddProvider(scope, (request, response) =>
    behaviours[request.model]?.(response, request),
  );
  const env = {
    OPENAI_BASE_URL: provider.url,
    OPENAI_MODEL: Object.keys(behaviours).join(","),
    LIMIT_STATELESS_SILENCE_MS: "1500",
    LIMIT_STATELESS_ALIVE_MS: "400",
    LIMIT_PROVIDER_RETRIES: "1",
  };
  system = await startSystem({ edges: 1, actors: 1, env });
  client = new OpenAI({ baseURL: `${system.url()}/v1`, apiKey: mintToken("dev"), maxRetries: 2 });
});
test.after.always(async () => {
  await system?.stop();
  for (const end of ends) end();
});

const hello = [{ role: "user" as const, content: "hello" }];
const text = async (model: string) =>
  (await client.chat.completions.create({ model, messages: hello })).choices[0]?.message;

/** A raw request: what the package would not send. */
async function post(body: Record<string, unknown>) {
  const response = await fetch(`${system.url()}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${mintToken("dev")}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "say", messages: hello, ...body }),
  });
  return {
    status: response.status,
    body: (await response.json()) as { error?: { param: string; message: string } },
  };
}

test.serial("null is absent, vendors' fields and the caller's data stay as they are", async (t) => {
  const parameters = { type: "object", properties: { a: { default: null } } };
  const { status } = await post({
    messages: [
      {
        role: "user",
        content: [
          { type: "image_url", image_url: "https://example.org/a.png" },
          { type: "text", text: "x" },
        ],
      },
      { role: "assistant", content: "a", tool_calls: null, refusal: null, reasoning_content: "hm" },
      { role: "user", content: "b", name: null, mood: null },
    ],
    tools: [{ type: "function", function: { name: "f", description: null, parameters } }],
    tool_choice: null,
    response_format: null,
    user: null,
    stop: null,
    reasoning_effort: "low",
    logit_bias: { "1": 2 },
    metadata: { a: "b" },
    enable_thinking: false,
    top_k: 5,
    vendor: null,
  });
  t.is(status, 200);
  const { stream_options: _, ...sent } = provider.requests.at(-1) as OddRequest;
  t.deepEqual<unknown, unknown>(sent, {
    model: "say",
    stream: true,
    messages: [
      {
        role: "user",
        content: [
          { type: "image_url", image_url: { url: "https://example.org/a.png" } },
          { type: "text", text: "x" },
        ],
      },
      { role: "assistant", content: "a", reasoning_content: "hm" },
      { role: "user", content: "b", mood: null },
    ],
    tools: [{ type: "function", function: { name: "f", parameters } }],
    reasoning_effort: "low",
    logit_bias: { "1": 2 },
    metadata: { a: "b" },
    enable_thinking: false,
    top_k: 5,
    vendor: null,
  });
});

test.serial("what can't be passed on is refused by name", async (t) => {
  for (const [param, value] of Object.entries({
    n: 2,
    audio: {},
    functions: [],
    function_call: "auto",
    modalities: ["audio"],
  })) {
    const { status, body } = await post({ [param]: value });
    t.is(status, 400, param);
    t.is(body.error?.param?.split(".")[0], param);
  }
});

test.serial("reasoning, log probabilities, details of a usage, fields of a call come back", async (t) => {
  t.like(await text("think"), { content: "yes", reasoning_content: "hm" });
  const rich = await client.chat.completions.create({ model: "rich", messages: hello, logprobs: true });
  t.like(rich.usage, { prompt_tokens: 9, prompt_tokens_details: { cached_tokens: 8 } });
  t.deepEqual(rich.choices[0]?.logprobs?.content as unknown, [{ token: "y" }, { token: "es" }]);
  t.like(await text("inside"), { content: "yes", reasoning_content: "let me see\n" });
  const whole = (await text("calls"))?.tool_calls;
  const runner = client.chat.completions.stream({ model: "calls", messages: hello });
  const streamed = (await runner.finalChatCompletion()).choices[0]?.message.tool_calls;
  for (const list of [whole, streamed]) {
    t.is(list?.length, 2);
    t.like(list?.[0], { type: "function", function: { name: "f", arguments: '{"city":"Oslo"}' } });
    t.like(list?.[1], { id: "b", function: { name: "g" } });
  }
  t.like(whole?.[0], { extra_content: { google: { thought_signature: "s" } } });
  // What Parley gave is taken back.
  const messages = [...hello, { role: "assistant" as const, content: null, tool_calls: whole ?? [] }];
  const results = (whole ?? []).map(({ id }) => ({ role: "tool" as const, tool_call_id: id, content: "ok" }));
  await client.chat.completions.create({ model: "say", messages: [...messages, ...results] });
  t.like(provider.requests.at(-1)?.messages[1]?.tool_calls?.[0], {
    extra_content: { google: { thought_signature: "s" } },
  });
});

test.serial("errors keep what a client can act on, and are not asked for again", async (t) => {
  const expected: Record<string, [number, string, number]> = {
    "429": [429, "rate_limit_exceeded", 1],
    context: [400, "context_length_exceeded", 1],
    "500": [502, "llm_unavailable", 2],
    "401": [502, "llm_unavailable", 1],
    empty: [502, "llm_unavailable", 1],
  };
  for (const [model, [status, code, asked]] of Object.entries(expected)) {
    const before = provider.requests.length;
    const error = await t.throwsAsync(text(model), { instanceOf: APIError });
    t.is(error.status, status, model);
    t.is(error.code, code);
    t.is(error.headers?.get("x-should-retry"), "false");
    t.is(provider.requests.length - before, asked, model);
    if (model === "429") t.is(error.headers?.get("retry-after"), "30");
  }
});

test.serial("a model that thinks longer than an actor may be silent is waited for", async (t) => {
  t.like(await text("slow"), { content: "yes" });
});
