import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import test from "ava";
import type { ChatClient } from "../../_kit/clients/client.ts";
import {
  type OddProvider,
  type OddRequest,
  refuse,
  say,
  startOddProvider,
  stream,
} from "../../_kit/fakes/odd-provider.ts";
import { call, calls, chunk, stop } from "../../_kit/fakes/odd-reply.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";

// Session turns and a provider: what the model is asked again, what the user and later prompts see.

const admin = { user: "admin" };
const root = "/api/v1/admin/models";
const signature = { google: { thought_signature: "c2ln" } };
const time = { ...call(0, "c1", "current_time", "{}"), extra_content: signature };
let provider: OddProvider;
let api: Api;
let client: ChatClient;
const ends: (() => unknown)[] = [];

/** A provider with a strict chat template; the words of the last message say what else it does. */
function answer(request: OddRequest, response: ServerResponse): unknown {
  const { messages } = request;
  const last = messages.at(-1);
  const text = String(last?.content);
  const roles = messages.filter(({ role }) => role !== "system").map(({ role }) => role);
  if (roles.some((role, index) => role === roles[index - 1] && role !== "tool"))
    return refuse(response, 400, "Conversation roles must alternate user/assistant/user/assistant/...");
  if (request.model === "plain" && "tools" in request) return refuse(response, 400, "no tools here");
  if (last?.role === "tool") {
    const asked = messages.at(-2);
    const whole =
      asked?.reasoning_content === "I need the time" && "extra_content" in (asked.tool_calls?.[0] ?? {});
    return whole ? say(response, "it is late") : refuse(response, 400, "reasoning_content is missing");
  }
  if (text.endsWith("time")) {
    const thought = ["I need ", "the time"].map((piece) => chunk({ reasoning_content: piece }));
    return stream(response, ...thought, calls(time), chunk({}, "tool_calls"));
  }
  if (text.endsWith("fail")) return refuse(response, 500, "broken");
  if (text.endsWith("nothing")) return stream(response, chunk({ role: "assistant", content: "" }), stop);
  if (text.endsWith("inside"))
    return stream(
      response,
      chunk({ content: "let me see\n" }),
      chunk({ content: "</think>\n\nHello" }),
      stop,
    );
  return say(response, `heard ${roles.length}`);
}

test.before(async () => {
  provider = await startOddProvider({ teardown: (end) => void ends.push(end) }, answer);
  const env = { LIMIT_PROVIDER_RETRIES: "1", MEMORY_EXTRACTION: "off" };
  api = await Api.start({ actorCommand: rolesCommand("session", "admin", "account"), env });
  const settings = { base_url: provider.url, first_token_s: 5, idle_s: null };
  await api.call("POST", `${root}/providers/odd`, admin, settings);
  for (const [priority, name] of ["odd", "plain"].entries())
    await api.call("POST", `${root}/models/${name}`, admin, {
      name,
      provider: "odd",
      priority: priority + 1,
    });
  client = await api.system.client("one");
});
test.after.always(async () => {
  await api?.stop();
  for (const end of ends) end();
});

async function turn(session_id: string, content: string, model?: string) {
  const id = randomUUID();
  client.raw({ type: "message", content, client_msg_id: id, session_id, ...(model && { model }) });
  const end = await client.frame(
    (frame) => frame.type === "stream_end" && frame.client_msg_id === id,
    content,
  );
  return end.type === "stream_end" ? end : undefined;
}

async function chain(...fallback_chain: string[]): Promise<void> {
  await api.call("POST", `${root}/routing/chat`, admin, { fallback_chain });
}

test.serial("in a tool loop reasoning and signatures go back to the provider", async (t) => {
  await chain("odd");
  const end = await turn("tools", "what time");
  t.is(end?.finish_reason, "stop");
  t.is(end?.text, "it is late");
});

test.serial("a turn that failed or said nothing does not spoil the next ones", async (t) => {
  for (const word of ["fail", "nothing"]) {
    t.is((await turn(word, "first"))?.text, "heard 1");
    t.is((await turn(word, word))?.finish_reason, "failed");
    t.is((await turn(word, "third"))?.text, "heard 3");
    t.is((await turn(word, "fourth"))?.text, "heard 5");
    const prompt = JSON.stringify(
      provider.requests.findLast(({ messages }) => messages.length > 3)?.messages,
    );
    t.false(prompt.includes(`"${word}"`), prompt);
  }
});

test.serial("thinking that began before the reply is no part of it, now or later", async (t) => {
  t.is((await turn("inside", "inside"))?.text, "Hello");
  await turn("inside", "more");
  const prompts = provider.requests.filter(({ messages }) => messages.at(-1)?.content === "more");
  t.like(prompts.at(-1)?.messages.at(-2), { role: "assistant", content: "Hello" });
});

test.serial("what a model refuses is learned, shown, and forgotten when it is set anew", async (t) => {
  await chain("plain");
  t.is((await turn("plain", "hi"))?.text, "heard 1");
  const shown = async () => {
    const { body } = await api.call("GET", `${root}/models`, admin);
    return (body.models as { id: string; capabilities: object; learned: object }[]).find(
      ({ id }) => id === "plain",
    );
  };
  t.like(await shown(), { learned: { tools: false }, capabilities: { tools: "auto", images: "auto" } });
  const before = provider.requests.length;
  await turn("plain", "again");
  const asked = provider.requests
    .slice(before)
    .filter(({ messages }) => messages.at(-1)?.content === "again");
  t.is(asked.length, 1);
  await api.call("POST", `${root}/models/plain`, admin, { capabilities: { tools: false } });
  t.like(await shown(), { learned: {}, capabilities: { tools: false } });
  await turn("plain", "once more");
  t.false(provider.requests.some(({ tools, messages }) => "once more" === messages.at(-1)?.content && tools));
  const { body } = await api.call("GET", `${root}/providers`, admin);
  t.like((body.providers as object[])[0], { first_token_s: 5 });
  const wrong = await api.call("POST", `${root}/models/plain`, admin, { capabilities: { tools: "maybe" } });
  t.is(wrong.status, 400);
});
