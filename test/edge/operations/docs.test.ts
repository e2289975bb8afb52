import anyTest, { type TestFn } from "ava";
import { routes } from "../../../schemas/routes/index.ts";
import { type EdgeWorld, startEdgeWorld } from "../../_kit/worlds/edge-world.ts";

const test = anyTest as TestFn<EdgeWorld>;

test.before(async (t) => {
  t.context = await startEdgeWorld();
});
test.after.always((t) => t.context.stop());

// biome-ignore lint/suspicious/noExplicitAny: the test looks into a document of any form
const json = async (port: number, path: string): Promise<any> => (await get(port, path)).json();
const get = (port: number, path: string) => fetch(`http://127.0.0.1:${port}${path}`);

test("the page lists every route and needs nothing from elsewhere", async (t) => {
  const answer = await get(t.context.edge.port, "/api/docs");
  t.is(answer.status, 200);
  t.regex(answer.headers.get("content-type") ?? "", /^text\/html/);
  const html = await answer.text();
  for (const { path } of routes) t.true(html.includes(path), path);
  t.notRegex(html, /https?:\/\/|<script|<link/);
});

test("OpenAPI has every route, its parameters and its errors", async (t) => {
  const document = await json(t.context.edge.port, "/api/docs/openapi.json");
  t.is(document.openapi, "3.1.0");
  for (const { path, method } of routes.filter((route) => !route.path.endsWith("/"))) {
    const operation = document.paths[path.replace(/:(\w+)/g, "{$1}")][method === "del" ? "delete" : method];
    t.truthy(operation?.operationId, path);
    for (const [, name] of path.matchAll(/:(\w+)/g))
      t.true(
        operation.parameters.some(
          (one: { name: string; in: string }) => one.name === name && one.in === "path",
        ),
        path,
      );
  }
  const ids = Object.values(
    document.paths as Record<string, Record<string, { operationId: string }>>,
  ).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
  t.is(new Set(ids).size, ids.length);
  for (const [, name] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g))
    t.truthy(document.components.schemas[name ?? ""], name);
});

test("AsyncAPI has both sockets and what goes over them", async (t) => {
  const document = await json(t.context.edge.port, "/api/docs/asyncapi.json");
  t.is(document.asyncapi, "3.0.0");
  t.deepEqual(Object.keys(document.channels), ["chat", "cyber"]);
  const { messages } = document.channels.chat;
  for (const name of ["client_message", "server_stream_chunk", "server_stream_end", "answer_pong"])
    t.truthy(messages[name]?.payload, name);
  for (const operation of Object.values(
    document.operations as Record<string, { messages: { $ref: string }[] }>,
  ))
    for (const { $ref } of operation.messages) {
      const [, , channel, , message] = $ref.split("/");
      t.truthy(document.channels[channel ?? ""].messages[message ?? ""], $ref);
    }
});
