import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import test from "ava";
import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError, toFile } from "openai";
import { noise, photo } from "../../../_kit/fakes/pictures.ts";
import { type System, startSystem } from "../../../_kit/worlds/system.ts";
import { mintToken } from "../../../_kit/worlds/token.ts";

let system: System;
let vectors: Server;
let client: OpenAI;

/** An embeddings server: the vector of a text is its length and 1. */
async function startVectors(): Promise<string> {
  vectors = createServer(async (request, response) => {
    const { input } = (await json(request)) as { input: string[] };
    const data = input.map((text, index) => ({ object: "embedding", index, embedding: [text.length, 1, 0] }));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ object: "list", data, model: "lengths", usage: {} }));
  });
  await new Promise<void>((resolve) => vectors.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(vectors.address() as AddressInfo).port}/v1`;
}

test.before(async () => {
  const url = await startVectors();
  const env = { EMBEDDINGS_URL: url, EMBEDDINGS_MODEL: "lengths", LIMIT_KEEP_ALIVE_MS: "300" };
  system = await startSystem({ edges: 1, actors: 1, env });
  client = new OpenAI({ baseURL: `${system.url()}/v1`, apiKey: mintToken("dev"), maxRetries: 0 });
});
test.after.always(async () => {
  await system?.stop();
  vectors?.close();
});

const hello = [{ role: "user" as const, content: "hello" }];

test("ena-test speaks, up to a stop sequence", async (t) => {
  const whole = await client.chat.completions.create({ model: "ena-test", messages: hello });
  t.is(whole.choices[0]?.message.content, "ena-test: hello");
  const cut = await client.chat.completions.create({ model: "ena-test", messages: hello, stop: ["ll", "x"] });
  t.is(cut.choices[0]?.message.content, "ena-test: he");
  t.is(cut.choices[0]?.finish_reason, "stop");
});

/** A request that shows a picture. */
async function show(bytes: Buffer, type = "png"): Promise<string> {
  const url = `data:image/${type};base64,${bytes.toString("base64")}`;
  const content = [
    { type: "text" as const, text: "look" },
    { type: "image_url" as const, image_url: { url } },
  ];
  const messages = [{ role: "user" as const, content }];
  const answer = await client.chat.completions.create({ model: "parts", messages });
  return answer.choices[0]?.message.content ?? "";
}

test("an image of any size that a request may have reaches the model, one that can't be read is named", async (t) => {
  const picture = await noise(1_000, 1_000, [90, 90, 90], 120);
  t.true(picture.length > 1_000_000);
  t.is(await show(picture), `look | data:image/png;base64,${picture.toString("base64")}`.slice(0, 47));
  const camera = await photo();
  t.regex(await show(camera, "jpeg"), /^look/);
  const broken = [
    Buffer.from("no picture"),
    picture.subarray(0, 500_000),
    camera.subarray(0, 700),
    Buffer.alloc(0),
  ];
  for (const bytes of broken) {
    const error = await t.throwsAsync(show(bytes), { instanceOf: BadRequestError });
    t.is(error.code, "invalid_image");
    t.regex(error.message, /messages\.0\.content\.1/);
  }
});

test("tools go to the model and their results, too; its calls come back streamed and whole", async (t) => {
  const tools = [{ type: "function" as const, function: { name: "lookup", parameters: { type: "object" } } }];
  const runner = client.chat.completions.stream({ model: "tools", messages: hello, tools });
  const { choices } = await runner.finalChatCompletion();
  t.is(choices[0]?.finish_reason, "tool_calls");
  const call = choices[0]?.message.tool_calls?.[0];
  t.like(call, { type: "function", function: { name: "lookup", arguments: '{"city":"Köln"}' } });
  if (call?.type !== "function") return t.fail("no call");
  const assistant = { role: "assistant" as const, content: null, tool_calls: [call] };
  const result = { role: "tool" as const, tool_call_id: call.id, content: "it rains" };
  const messages = [...hello, assistant, result];
  const answer = await client.chat.completions.create({ model: "parts", messages, tools });
  t.is(answer.choices[0]?.message.content, "it rains");
});

test("with include_usage every other chunk says usage: null", async (t) => {
  const stream = await client.chat.completions.create({
    model: "ena-test",
    messages: hello,
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  t.true((chunks.at(-1)?.usage?.total_tokens ?? 0) > 0);
  t.deepEqual(chunks.at(-1)?.choices, []);
  t.true(chunks.slice(0, -1).every(({ usage }) => usage === null));
  t.is(chunks.filter(({ choices }) => choices[0]?.delta.role !== undefined).length, 1);
});

test("comments keep a long wait alive", async (t) => {
  const response = await fetch(`${system.url()}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${mintToken("dev")}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "drip", messages: hello, stream: true }),
  });
  t.is(response.status, 200);
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  t.is(new TextDecoder().decode(value), ": keep-alive\n\n");
  await reader?.cancel();
});

test("embeddings: floats and base64 are the same vectors, shortened when asked for", async (t) => {
  const ask = (encoding_format?: "float" | "base64", dimensions?: number) =>
    client.embeddings.create({
      model: "text-embedding-3-small",
      input: ["abc", "defghi"],
      ...(encoding_format && { encoding_format }),
      ...(dimensions && { dimensions }),
    });
  const { data, usage } = await ask();
  t.is(data.length, 2);
  t.is(data[1]?.index, 1);
  t.true(usage.prompt_tokens > 0);
  // The package asks for base64 by itself and decodes it.
  t.deepEqual((await ask("float")).data[0]?.embedding, data[0]?.embedding);
  const raw = (await ask("base64")).data[0]?.embedding as unknown as string;
  t.is(Buffer.from(raw, "base64").length, 12);
  const short = (await ask("float", 1)).data[0]?.embedding;
  t.deepEqual(short, [1]);
});

test("errors are OpenAI's, with all four keys", async (t) => {
  const keys = ["code", "message", "param", "type"];
  const failing = async (ask: Promise<unknown>) => {
    const error = await t.throwsAsync(ask, { instanceOf: APIError });
    t.deepEqual(Object.keys(error.error as object).toSorted(), keys);
    return error;
  };
  const missing = { model: "no-such-model-here", input: "x" };
  t.true((await failing(client.embeddings.create(missing))) instanceof NotFoundError);
  const empty = await failing(client.chat.completions.create({ model: "ena-test", messages: [] }));
  t.true(empty instanceof BadRequestError);
  t.is(empty.param, "messages");
  const stranger = new OpenAI({ baseURL: `${system.url()}/v1`, apiKey: "nobody", maxRetries: 0 });
  t.true((await failing(stranger.models.list())) instanceof AuthenticationError);
  const audio = { model: "whisper-1", file: await toFile(Buffer.from("RIFF"), "a.wav") };
  t.is((await failing(client.audio.transcriptions.create(audio))).code, "voice_service_unreachable");
  const speech = { model: "tts-1", input: "hello", voice: "alloy" };
  const spoken = await client.audio.speech.create(speech);
  t.is(spoken.headers.get("content-type"), "audio/mpeg");
  t.true((await spoken.arrayBuffer()).byteLength > 1_000);
  const wrong = { model: "tts-1", input: "", voice: "alloy" };
  t.is((await failing(client.audio.speech.create(wrong))).param, "input");
});
