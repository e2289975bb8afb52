import anyTest, { type TestFn } from "ava";
import OpenAI, { APIError, NotFoundError } from "openai";
import type { StatelessAnswer, StatelessTurn } from "../../../../schemas/messages/stateless-turn.ts";
import { statelessTurnSchema } from "../../../../schemas/messages/stateless-turn.ts";
import { subjects, turnQueueGroup } from "../../../../schemas/messages/subjects.ts";
import { Watch } from "../../../_kit/judge/waiting.ts";
import { type EdgeWorld, startEdgeWorld } from "../../../_kit/worlds/edge-world.ts";
import { mintToken } from "../../../_kit/worlds/token.ts";

interface World extends EdgeWorld {
  client: OpenAI;
  turns: StatelessTurn[];
  watch: Watch;
  /** What the stand-in answers, by model. */
  answers: Record<string, StatelessAnswer[]>;
}

const test = anyTest as TestFn<World>;
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const end: StatelessAnswer = { kind: "end", finish_reason: "stop", usage };

test.before(async (t) => {
  const world = await startEdgeWorld();
  const baseURL = `${world.edge.url}/v1`;
  const client = new OpenAI({ baseURL, apiKey: mintToken("user_alice"), maxRetries: 0 });
  t.context = { ...world, client, turns: [], watch: new Watch(), answers: {} };
  const { nc } = world.actor;
  const { turns, watch, answers } = t.context;
  await t.throwsAsync(
    client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "x" }] }),
    {
      message: /503/,
    },
  );
  nc.subscribe(subjects.turnStateless, {
    queue: turnQueueGroup,
    callback: (_, msg) => {
      const turn = statelessTurnSchema.parse(msg.json());
      turns.push(turn);
      for (const answer of answers[turn.model] ?? []) {
        nc.publish(subjects.outEdge(turn.edge, turn.request), JSON.stringify(answer));
      }
      watch.changed();
    },
  });
  await nc.flush();
  Object.assign(answers, {
    plain: [
      { kind: "start", model: "real" },
      { kind: "delta", content: "Hello " },
      { kind: "delta", content: "you" },
      end,
    ],
    tools: [
      {
        kind: "delta",
        tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "f", arguments: "" } }],
      },
      { kind: "delta", tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] },
      { kind: "delta", tool_calls: [{ index: 0, function: { arguments: "1}" } }] },
      { kind: "end", finish_reason: "tool_calls", usage },
    ],
    unknown: [{ kind: "error", errorType: "model_not_found", message: "no such model" }],
    down: [{ kind: "error", errorType: "llm_unavailable", message: "the provider is down" }],
    cut: [
      { kind: "delta", content: "half" },
      { kind: "error", errorType: "llm_unavailable", message: "cut" },
    ],
    hanging: [{ kind: "delta", content: "half" }],
  } satisfies Record<string, StatelessAnswer[]>);
});
test.after.always((t) => t.context.stop());

const messages = [{ role: "user" as const, content: "hi" }];

test.serial("not streamed", async (t) => {
  const { client, turns } = t.context;
  const answer = await client.chat.completions.create({ model: "plain", messages, temperature: 0.5 });
  t.like(answer, { object: "chat.completion", model: "real", usage });
  t.like(answer.choices[0], { finish_reason: "stop", message: { role: "assistant", content: "Hello you" } });
  t.like(turns.at(-1), { user: "user_alice", model: "plain", params: { temperature: 0.5 } });
});

test.serial("streamed, with usage when asked for", async (t) => {
  const stream = await t.context.client.chat.completions.create({
    model: "plain",
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  t.is(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), "Hello you");
  t.is(new Set(chunks.map(({ id }) => id)).size, 1);
  t.is(chunks[0]?.choices[0]?.delta.role, "assistant");
  t.is(chunks.at(-2)?.choices[0]?.finish_reason, "stop");
  t.like(chunks.at(-1), { choices: [], usage });
});

test.serial("tool calls, both ways", async (t) => {
  const { client } = t.context;
  const whole = await client.chat.completions.create({ model: "tools", messages });
  t.is(whole.choices[0]?.message.content, null);
  const [call] = whole.choices[0]?.message.tool_calls ?? [];
  t.like(call, { id: "call_1", type: "function", function: { name: "f", arguments: '{"a":1}' } });
  const stream = client.chat.completions.stream({ model: "tools", messages });
  const final = await stream.finalChatCompletion();
  t.is(final.choices[0]?.finish_reason, "tool_calls");
  t.like(final.choices[0]?.message.tool_calls?.[0], { function: { arguments: '{"a":1}' } });
});

test.serial("errors have a status before the first delta and an object after it", async (t) => {
  const { client } = t.context;
  const ask = (model: string, stream: boolean) =>
    client.chat.completions.create({ model, messages, stream }) as Promise<unknown>;
  const missing = await t.throwsAsync(ask("unknown", false), { instanceOf: NotFoundError });
  t.is(missing.code, "model_not_found");
  for (const stream of [true, false]) {
    const error = await t.throwsAsync(ask("down", stream), { instanceOf: APIError });
    t.is(error.status, 502);
    t.is(error.code, "llm_unavailable");
  }
  const cut = await client.chat.completions.create({ model: "cut", messages, stream: true });
  let text = "";
  const read = async () => {
    for await (const chunk of cut) text += chunk.choices[0]?.delta.content ?? "";
  };
  await t.throwsAsync(read(), { instanceOf: APIError, message: /cut/ });
  t.is(text, "half");
  const wrong = client.chat.completions.create({ model: "plain", messages, n: 2 });
  t.like(await t.throwsAsync(wrong, { instanceOf: APIError }), { status: 400, param: "n" });
});

test.serial("interest is said while a turn is open; a client that leaves cancels it at once", async (t) => {
  const { client, actor, turns, watch } = t.context;
  const heard: { interest: string[]; cancelled: string[] } = { interest: [], cancelled: [] };
  actor.nc.subscribe(subjects.edgeInterestAll, {
    callback: (_, msg) => {
      heard.interest.push(...msg.json<{ requests: string[] }>().requests);
      watch.changed();
    },
  });
  actor.nc.subscribe(subjects.turnCancelAll, {
    callback: (_, msg) => {
      heard.cancelled.push(msg.subject.split(".").at(-1) ?? "");
      watch.changed();
    },
  });
  await actor.nc.flush();
  const stream = await client.chat.completions.create({ model: "hanging", messages, stream: true });
  const request = turns.at(-1)?.request ?? "";
  await watch.until(() => heard.interest.includes(request), 3_000, "interest");
  stream.controller.abort();
  await watch.until(() => heard.cancelled.includes(request), 1_000, "a cancel");
  t.deepEqual(heard.cancelled, [request]);
});

test.serial("one model of the list", async (t) => {
  const { client, actor } = t.context;
  const list = { object: "list", data: [{ id: "org/m", object: "model", created: 1, owned_by: "parley" }] };
  actor.nc.subscribe(subjects.rest("models", "list"), {
    callback: (_, msg) => void msg.respond(JSON.stringify({ status: 200, body: list })),
  });
  await actor.nc.flush();
  t.is((await client.models.list()).data[0]?.id, "org/m");
  t.is((await client.models.retrieve("org/m")).id, "org/m");
  await t.throwsAsync(client.models.retrieve("other"), { instanceOf: NotFoundError });
});
