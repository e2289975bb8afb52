import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type ExecutionContext } from "ava";
import { createModels } from "../../../actors/models/index.ts";
import { LearnedCapabilities } from "../../../actors/models/provider/learned.ts";
import { StoredSource } from "../../../actors/models/stored-source.ts";
import { Lifecycle } from "../../../infra/lifecycle.ts";
import { createLogger } from "../../../infra/log.ts";
import {
  type ModelDocument,
  modelDefaults,
  type RouteDocument,
} from "../../../schemas/documents/model-settings.ts";
import type { ChatMessage } from "../../../schemas/wire/openai.ts";
import { hear, settingsOf } from "../../_kit/worlds/provider.ts";

interface Asked {
  model: string;
  temperature?: number;
  context_tokens?: number;
  top_p?: number;
}

/** A provider that answers with the model's name, and remembers what it was asked. */
async function startProvider(t: ExecutionContext) {
  const asked: Asked[] = [];
  const server = createServer((message, response) => {
    let body = "";
    message.on("data", (part) => {
      body += String(part);
    });
    message.on("end", () => {
      const request = JSON.parse(body) as Asked;
      asked.push(request);
      const chunk = { choices: [{ index: 0, delta: { content: request.model }, finish_reason: "stop" }] };
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

function model(id: string, more: Partial<ModelDocument> = {}): ModelDocument {
  return { _id: id, ...modelDefaults, name: id, provider: "up", updated_at: new Date(0), ...more };
}

function route(_id: RouteDocument["_id"], ...fallback_chain: string[]): RouteDocument {
  return { _id, fallback_chain, required: false, updated_at: new Date(0) };
}

test("configured models: parameters, names at the provider, images go to the models that see", async (t) => {
  const { asked, baseUrl } = await startProvider(t);
  const settings = settingsOf({});
  const log = createLogger("test", settings);
  const learned = new LearnedCapabilities(() => Promise.resolve());
  const stored = new StoredSource(settings.limits, log, learned);
  const models = await createModels({ settings, log, lifecycle: new Lifecycle(log, 1_000) }, stored, learned);
  t.false(models.configured);
  t.is((await hear(models, { text: "x" })).text, "ena-test: x");

  const configuration = {
    providers: [{ name: "up", baseUrl, apiKey: undefined }],
    models: [
      model("first", {
        name: "upstream-name",
        params: { temperature: 0.5, top_p: 0.9, context_tokens: 999 },
      }),
      model("second", { name: "A title for people", tags: ["Vision"] }),
      model("Third", { name: "third" }),
      model("off", { enabled: false }),
      model("orphan", { provider: "gone" }),
    ],
    routes: [route("embedding", "second", "off")],
    refusals: [],
  };
  stored.replace(configuration);
  t.true(models.configured);
  t.is(models.contextTokens(), 999);
  t.deepEqual(
    models.list().map(({ id }) => id),
    ["first", "second", "Third", "ena-test"],
  );
  const heard = await hear(models, { text: "x", params: { top_p: 0.1 } });
  t.is(heard.text, "upstream-name");
  t.like(heard.deltas[0], { kind: "start", model: "first" });
  t.like(asked.at(-1), { model: "upstream-name", temperature: 0.5, top_p: 0.1, context_tokens: undefined });
  t.is((await hear(models, { model: "second" })).text, "second");
  t.is((await hear(models, { model: "Third" })).text, "Third");
  for (const name of ["off", "orphan"])
    t.like((await hear(models, { model: name })).error, { errorType: "model_not_found" });
  t.deepEqual(
    models.endpoints("embedding").map(({ id, baseUrl: at }) => [id, at]),
    [["second", baseUrl]],
  );

  const picture: ChatMessage = {
    role: "user",
    content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }],
  };
  const look = async () => {
    const call = { messages: [picture], params: {}, signal: new AbortController().signal, user: "u1" };
    for await (const delta of models.stream("chat", call)) if (delta.kind === "start") return delta.model;
    return undefined;
  };
  t.is(await look(), "second", "the tag, without a route");
  const seeing = () => [undefined, "first", "second", "ena-test"].map((name) => models.sees(name));
  t.deepEqual(seeing(), [true, false, true, false]);
  stored.replace({ ...configuration, routes: [route("vision", "Third"), route("chat")] });
  t.is(await look(), "Third");
  t.deepEqual(seeing(), [true, false, true, false]);
  t.like((await hear(models, { text: "x" })).error, { errorType: "llm_unavailable" }, "an empty route holds");
  const untagged = configuration.models.map((one) => ({ ...one, tags: [] }));
  stored.replace({ ...configuration, models: untagged, routes: [] });
  t.deepEqual(seeing(), [true, true, true, false], "where nobody has said it, each may");
});
