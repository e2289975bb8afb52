import anyTest, { type TestFn } from "ava";
import OpenAI, { APIError } from "openai";
import {
  type StatelessAnswer,
  type StatelessTurn,
  statelessTurnSchema,
} from "../../../../schemas/messages/stateless-turn.ts";
import { subjects, turnQueueGroup } from "../../../../schemas/messages/subjects.ts";
import { type EdgeWorld, startEdgeWorld } from "../../../_kit/worlds/edge-world.ts";
import { mintToken } from "../../../_kit/worlds/token.ts";

interface World extends EdgeWorld {
  client: OpenAI;
  turns: StatelessTurn[];
}

const test = anyTest as TestFn<World>;
const usage = {
  prompt_tokens: 3,
  completion_tokens: 2,
  total_tokens: 5,
  prompt_tokens_details: { cached_tokens: 1 },
};
const call = { index: 0, id: "call_1", type: "function" as const, mark: "m" };
const answers: Record<string, StatelessAnswer[]> = {
  plain: [
    { kind: "start", model: "real" },
    { kind: "alive" },
    { kind: "delta", reasoning_content: "hm" },
    { kind: "delta", content: "Hello " },
    { kind: "delta", content: "you" },
    { kind: "end", finish_reason: "stop", usage },
  ],
  tools: [
    { kind: "delta", tool_calls: [{ ...call, function: { name: "f", arguments: '{"a":' } }] },
    { kind: "delta", tool_calls: [{ index: 0, function: { arguments: "1}" } }] },
    { kind: "end", finish_reason: "tool_calls", usage },
  ],
  cut: [
    { kind: "delta", content: "half" },
    { kind: "error", errorType: "llm_unavailable", message: "gone" },
  ],
  long: [
    { kind: "delta", content: "half" },
    { kind: "end", finish_reason: "length", usage },
  ],
};

test.before(async (t) => {
  const world = await startEdgeWorld();
  const options = { apiKey: mintToken("user_alice"), maxRetries: 0 };
  const client = new OpenAI({ baseURL: `${world.edge.url}/v1`, ...options });
  const turns: StatelessTurn[] = [];
  const { nc } = world.actor;
  nc.subscribe(subjects.turnStateless, {
    queue: turnQueueGroup,
    callback: (_, msg) => {
      const turn = statelessTurnSchema.parse(msg.json());
      turns.push(turn);
      for (const answer of answers[turn.model] ?? [])
        nc.publish(subjects.outEdge(turn.edge, turn.request), JSON.stringify(answer));
    },
  });
  await nc.flush();
  t.context = { ...world, client, turns };
});
test.after.always((t) => t.context.stop());

test.serial("whole: text, thinking, usage; input in every form", async (t) => {
  const { client, turns } = t.context;
  const image = {
    type: "input_image" as const,
    image_url: "data:image/png;base64,AA",
    detail: "auto" as const,
  };
  const response = await client.responses.create({
    model: "plain",
    instructions: "be kind",
    reasoning: { effort: "low" },
    max_output_tokens: 50,
    temperature: null,
    text: { format: { type: "json_schema", name: "n", schema: { type: "object" } } },
    input: [
      { role: "user", content: [{ type: "input_text", text: "look" }, image] },
      { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
      { type: "function_call_output", call_id: "c", output: "it rains" },
    ],
  });
  t.is(response.output_text, "Hello you");
  t.like(response, { status: "completed", model: "real", object: "response" });
  t.deepEqual(
    response.output.map(({ type }) => type),
    ["reasoning", "message"],
  );
  t.like(response.usage, { input_tokens: 3, input_tokens_details: { cached_tokens: 1 } });
  t.deepEqual(turns.at(-1)?.messages, [
    { role: "system", content: "be kind" },
    {
      role: "user",
      content: [
        { type: "text", text: "look" },
        { type: "image_url", image_url: { url: image.image_url, detail: "auto" } },
      ],
    },
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "c", content: "it rains" },
  ]);
  t.deepEqual(turns.at(-1)?.params, {
    max_completion_tokens: 50,
    reasoning_effort: "low",
    response_format: { type: "json_schema", json_schema: { name: "n", schema: { type: "object" } } },
  });
});

test.serial("streamed: the package puts the events together", async (t) => {
  const stream = t.context.client.responses.stream({ model: "plain", input: "hi" });
  const types: string[] = [];
  for await (const event of stream) types.push(event.type);
  t.is((await stream.finalResponse()).output_text, "Hello you");
  t.is(types[0], "response.created");
  t.true(types.includes("response.reasoning_summary_text.delta"));
  t.is(types.at(-1), "response.completed");
});

test.serial("tools: calls come back and may be referred to, by their own user alone", async (t) => {
  const { client, turns, edge } = t.context;
  const tools = [{ type: "function" as const, name: "f", parameters: { type: "object" }, strict: false }];
  const stream = client.responses.stream({ model: "tools", input: "hi", tools });
  const first = await stream.finalResponse();
  const [item] = first.output;
  t.like(item, { type: "function_call", call_id: "call_1", name: "f", arguments: '{"a":1}', mark: "m" });
  t.like(turns.at(-1)?.params.tools?.[0], { function: { name: "f" } });
  const input = [
    { type: "item_reference" as const, id: item?.id ?? "" },
    { type: "function_call_output" as const, call_id: "call_1", output: "done" },
  ];
  const again = await client.responses.create({ model: "plain", input });
  t.is(again.output_text, "Hello you");
  t.like(turns.at(-1)?.messages[0], { tool_calls: [{ id: "call_1", mark: "m" }] });
  const options = { apiKey: mintToken("user_bob"), maxRetries: 0 };
  const stranger = new OpenAI({ baseURL: `${edge.url}/v1`, ...options });
  const refused = await t.throwsAsync(stranger.responses.create({ model: "plain", input }), {
    instanceOf: APIError,
  });
  t.is(refused.status, 400);
});

test.serial("what ends early says so, what is not supported is named", async (t) => {
  const { client } = t.context;
  const long = await client.responses.create({ model: "long", input: "hi" });
  t.like(long, { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
  const failed = await t.throwsAsync(client.responses.create({ model: "cut", input: "hi" }), {
    instanceOf: APIError,
  });
  t.is(failed.status, 502);
  const types: string[] = [];
  const events = await client.responses.create({ model: "cut", input: "hi", stream: true });
  for await (const event of events) types.push(event.type);
  t.true(types.includes("response.output_text.delta"));
  t.is(types.at(-1), "response.failed");
  const chained = client.responses.create({ model: "plain", input: "x", previous_response_id: "resp_1" });
  t.like(await t.throwsAsync(chained, { instanceOf: APIError }), {
    status: 400,
    param: "previous_response_id",
  });
});
