import anyTest, { type TestFn } from "ava";
import { MongoClient } from "mongodb";
import { z } from "zod";
import { startModelList } from "../../../actors/models/list.ts";
import { serveRoute } from "../../../actors/requests/rest.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { listModels } from "../../../schemas/routes/models.ts";
import { defineRoute } from "../../../schemas/routes/route.ts";
import { modelListSchema } from "../../../schemas/wire/openai.ts";
import { actorContext, askRoute, type TestActor } from "../../_kit/worlds/actor.ts";
import { startEngines } from "../../_kit/worlds/engines.ts";

const test = anyTest as TestFn<TestActor>;
const stops: (() => unknown)[] = [];
const principal = { user_id: "u1", nickname: "one", is_admin: false };

test.before(async (t) => {
  const engines = await startEngines();
  t.context = await actorContext({ teardown: (fn: () => unknown) => stops.push(fn) } as never, engines, {
    LIMIT_JSON_ANSWER_BYTES: "2000",
  });
  stops.push(engines.stop);
});
test.after.always(async () => {
  for (const stop of stops) await stop();
});

function serve(context: TestActor, name: string, handler: () => Promise<unknown>) {
  const route = defineRoute({
    method: "post",
    path: `/${name}`,
    access: "user",
    area: "test",
    name,
    summary: name,
    answer: z.unknown(),
    status: 201,
  });
  serveRoute(context, route, handler);
  return route;
}

test("a handler's result has the route's status", async (t) => {
  const route = serve(t.context, "fine", async () => ({ fine: true }));
  t.deepEqual(await askRoute(t.context.nc, route, { principal }), { status: 201, body: { fine: true } });
});

test("nobody is refused where the route wants a user", async (t) => {
  const route = serve(t.context, "nobody", async () => ({}));
  t.like(await askRoute(t.context.nc, route, {}), { status: 401 });
});

test("errors of the table keep their status, text and Retry-After", async (t) => {
  const route = serve(t.context, "limited", async () => {
    throw new ParleyError("rate_limited", { retryAfter: 7 });
  });
  const answer = await askRoute(t.context.nc, route, { principal });
  t.is(answer.status, 429);
  t.like(answer.body, { errorType: "rate_limited" });
  t.deepEqual(answer.headers, { "retry-after": "7" });
});

test("any other throw is an internal error that tells nothing", async (t) => {
  const route = serve(t.context, "broken", async () => {
    throw new TypeError("secret detail");
  });
  const answer = await askRoute(t.context.nc, route, { principal });
  t.is(answer.status, 500);
  t.false(JSON.stringify(answer).includes("secret"));
});

test("MongoDB away is storage_unavailable", async (t) => {
  const client = new MongoClient("mongodb://127.0.0.1:9/parley", { serverSelectionTimeoutMS: 200 });
  t.teardown(() => client.close());
  const route = serve(t.context, "away", async () => client.db().collection("turns").findOne({}));
  const answer = await askRoute(t.context.nc, route, { principal });
  t.is(answer.status, 503);
  t.like(answer.body, { errorType: "storage_unavailable" });
  t.truthy(answer.headers?.["retry-after"]);
});

test("an answer over the bound is an internal error, not silence", async (t) => {
  const route = serve(t.context, "large", async () => ({ text: "x".repeat(3_000) }));
  t.is((await askRoute(t.context.nc, route, { principal })).status, 500);
});

test("GET /v1/models lists what can be named", async (t) => {
  startModelList(t.context);
  const answer = await askRoute(t.context.nc, listModels, { principal });
  const list = modelListSchema.parse(answer.body);
  t.deepEqual(
    list.data.map(({ id, object }) => [id, object]),
    [["ena-test", "model"]],
  );
});
