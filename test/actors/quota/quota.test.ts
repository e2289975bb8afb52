import { once } from "node:events";
import test from "ava";
import OpenAI, { RateLimitError } from "openai";
import WebSocket from "ws";
import { quotaSchema } from "../../../schemas/documents/quota.ts";
import { type System, startSystem } from "../../_kit/worlds/system.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const model = "ena-test";
let system: System;

test.before(async () => {
  system = await startSystem({
    edges: 1,
    actors: 2,
    env: {
      QUOTA_DAY_MESSAGES: "3",
      WEBHOOK_KEY: "key",
      OPENAI_MODEL: "slow:2x1",
      QUOTA_MONTH_TOKENS: "100000",
    },
  });
});
test.after.always(() => system?.stop());

function openai(user: string): OpenAI {
  return new OpenAI({ baseURL: `${system.url()}/v1`, apiKey: mintToken(user), maxRetries: 0 });
}

function complete(user: string, content = "hello") {
  return openai(user).chat.completions.create({ model, messages: [{ role: "user", content }] });
}

async function figures(user: string) {
  return quotaSchema.parse(await (await system.request("GET", "/api/v1/quota", user)).json());
}

test.serial("of many requests at once, as many are served as the quota has", async (t) => {
  const user = "u_many";
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => complete(user)));
  t.is(results.filter(({ status }) => status === "fulfilled").length, 3);
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    const error = result.reason as RateLimitError;
    t.true(error instanceof RateLimitError);
    t.is(error.status, 429);
    t.is(error.code, "insufficient_quota");
    t.deepEqual(Object.keys(error.error as object).toSorted(), ["code", "message", "param", "type"]);
    t.true(Number(error.headers.get("retry-after")) > 0);
    t.is(error.headers.get("x-ratelimit-limit-requests"), "3");
    t.is(error.headers.get("x-ratelimit-remaining-requests"), "0");
  }
  const { day, month } = await figures(user);
  t.is(day.messages, 3);
  t.is(month.messages, 3);
  t.is(day.limit_messages, 3);
  t.is(month.limit_tokens, 100_000);
  t.true(day.tokens > 0);
});

test.serial("headers, REST and the chat command show the same figures", async (t) => {
  const user = "u_headers";
  const { response, data } = await openai(user)
    .chat.completions.create({ model, messages: [{ role: "user", content: "hello" }] })
    .withResponse();
  t.is(response.headers.get("x-ratelimit-limit-requests"), "3");
  t.is(response.headers.get("x-ratelimit-remaining-requests"), "2");
  const { month } = await figures(user);
  t.is(month.tokens, data.usage?.total_tokens ?? -1);
  t.is(response.headers.get("x-ratelimit-remaining-tokens"), String(100_000 - month.tokens));
  t.regex(response.headers.get("x-ratelimit-reset-requests") ?? "", /^(\d+h)?(\d+m)?\d+s$/);
});

test.serial("a chat turn over the quota ends as quota_exceeded; commands stay free", async (t) => {
  const client = await system.client("chat", { session: "s" });
  for (const content of ["a", "b", "c"]) {
    const { client_msg_id } = await client.send(content, { model });
    await client.frame(
      (frame) => frame.type === "stream_end" && frame.client_msg_id === client_msg_id,
      "end",
    );
  }
  t.is((await figures("admin")).day.messages, 3);
  const over = await client.send("d", { model });
  const error = await client.frame(
    (frame) => frame.type === "error" && frame.client_msg_id === over.client_msg_id,
    "error",
  );
  t.is(error.type === "error" && error.errorType, "quota_exceeded");
  const command = await client.send("/version");
  await client.frame(
    (frame) => frame.type === "stream_end" && frame.client_msg_id === command.client_msg_id,
    "the command's answer",
  );
  t.is((await figures("admin")).day.messages, 3);
});

test.serial("a turn that failed costs nothing", async (t) => {
  await t.throwsAsync(
    openai("u_fails").chat.completions.create({
      model: "nobody",
      messages: [{ role: "user", content: "x" }],
    }),
  );
  const { day } = await figures("u_fails");
  t.is(day.messages, 0);
  t.is(day.tokens, 0);
});

test.serial("Neo and Cyber say it too: 429 before the stream opens, OpenAI's error object", async (t) => {
  const user = "u_neo";
  for (let index = 0; index < 3; index++) await complete(user);
  const query = new URLSearchParams({ content: "hello", token: mintToken(user) });
  const refused = await fetch(`${system.url()}/api/__yao/neo?${query}`);
  t.is(refused.status, 429);
  t.true(Number(refused.headers.get("retry-after")) > 0);
  t.is(refused.headers.get("x-ratelimit-remaining-requests"), "0");
  const body = (await refused.json()) as { error: string; errorType: string };
  t.is(body.errorType, "quota_exceeded");
  t.true(body.error.includes((await figures(user)).day.reset));

  const socket = new WebSocket(`${system.url().replace("http", "ws")}/${mintToken(user)}`);
  t.teardown(() => socket.terminate());
  await once(socket, "open");
  socket.send(JSON.stringify({ content: "hello", model }));
  const [data] = (await once(socket, "message")) as [Buffer];
  const { error } = JSON.parse(String(data)) as { error: Record<string, unknown> };
  t.is(error.code, "insufficient_quota");
  t.is(error.type, "rate_limit_error");
});

test.serial("a webhook's user has a quota, too", async (t) => {
  const post = () =>
    fetch(`${system.url()}/api/v1/webhook/generic`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-webhook-key": "key" },
      body: JSON.stringify({ message: "hello", user_id: "hook" }),
    });
  for (let index = 0; index < 3; index++) t.is((await post()).status, 200);
  const refused = await post();
  t.is(refused.status, 429);
  t.true(Number(refused.headers.get("retry-after")) > 0);
});
