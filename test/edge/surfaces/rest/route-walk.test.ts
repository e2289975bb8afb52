import anyTest, { type TestFn } from "ava";
import type { z } from "zod";
import { jsonSchemaOf } from "../../../../schemas/openapi.ts";
import { routes } from "../../../../schemas/routes/index.ts";
import type { Route } from "../../../../schemas/routes/route.ts";
import { Api, type Caller } from "../../../_kit/worlds/api.ts";

const test = anyTest as TestFn<{ api: Api }>;

test.before(async (t) => {
  t.context = { api: await Api.start({ env: { AUTH_RATE_LIMIT: "100000" } }) };
});
test.after.always((t) => t.context.api?.stop());

const somebody: Caller = { user: "user_walker" };
const administrator: Caller = { user: "admin" };
const wrongValues = [{}, [], "", 12.5, -1, true, "\u0000 not this", null];
const wrongTexts = ["", " ", "-1", "1.5", "not this", "x".repeat(3000)];

interface Sent {
  params?: string;
  query?: Record<string, string>;
  body?: unknown;
}

function send(api: Api, route: Route, caller: Caller, { params = "unknown", query, body }: Sent = {}) {
  const method = route.method === "del" ? "DELETE" : route.method.toUpperCase();
  const path = route.path.replace(/:\w+/g, encodeURIComponent(params));
  const search = new URLSearchParams(query).toString();
  const withBody = method === "POST" || method === "PUT";
  return api.call(method, search ? `${path}?${search}` : path, caller, withBody ? (body ?? {}) : undefined);
}

const callerOf = ({ access }: Route): Caller => (access === "public" ? null : administrator);
const fieldsOf = (schema: z.ZodType) =>
  Object.keys((jsonSchemaOf(schema, "input").properties as object | undefined) ?? {});
/** The first value that this schema refuses because of this field. */
function wrongFor<T>(schema: z.ZodType, field: string, values: readonly T[]): T | undefined {
  return values.find((value) =>
    schema.safeParse({ [field]: value }).error?.issues.some(({ path, message }) => {
      return path[0] === field && !/received undefined/.test(message);
    }),
  );
}
const errorTypeOf = (body: Record<string, unknown>) =>
  typeof body.error === "string" ? body.errorType : (body.error as Record<string, unknown>)?.code;

test("there are routes, each described once", (t) => {
  t.true(routes.length > 30);
  t.deepEqual(
    routes.filter(({ method, path, name }) => !method || !path || !name),
    [],
  );
  // A path with a final slash is another spelling of an endpoint.
  const once = routes.filter(({ path }) => !path.endsWith("/"));
  const keys = once.flatMap(({ method, path, area, name }) => [`${method} ${path}`, `${area}.${name}`]);
  t.is(new Set(keys).size, keys.length);
});

for (const route of routes) {
  const name = `${route.method} ${route.path}`;

  if (route.access !== "public")
    test(`${name}: nobody gets in without a token`, async (t) => {
      const none = await send(t.context.api, route, null);
      t.is(none.status, 401, none.text);
      const bad = await send(t.context.api, route, { token: "not.a.token" });
      t.is(bad.status, 401, bad.text);
    });

  if (route.access === "admin")
    test(`${name}: only the administrator`, async (t) => {
      const answer = await send(t.context.api, route, somebody);
      t.is(answer.status, 403, answer.text);
      t.is(errorTypeOf(answer.body), "admin_only");
    });

  test(`${name}: wrong types are refused`, async (t) => {
    const { api } = t.context;
    const tries: [string, Sent][] = [];
    for (const field of fieldsOf(route.body)) {
      const value = wrongFor(route.body, field, wrongValues);
      if (value !== undefined) tries.push([field, { body: { [field]: value } }]);
    }
    for (const field of fieldsOf(route.query)) {
      const value = wrongFor(route.query, field, wrongTexts);
      if (value !== undefined) tries.push([field, { query: { [field]: value } }]);
    }
    for (const field of fieldsOf(route.params)) {
      const value = wrongFor(route.params, field, wrongTexts.slice(1, -1));
      if (value !== undefined) tries.push([field, { params: value }]);
    }
    for (const [field, sent] of tries) {
      const answer = await send(api, route, callerOf(route), sent);
      t.is(answer.status, 400, `${field} ${JSON.stringify(sent)}: ${answer.text}`);
    }
    if (route.method === "post" || route.method === "put") {
      const list = await send(api, route, callerOf(route), { body: [] });
      t.is(list.status, 400, list.text);
    }
    t.pass();
  });

  // A name that the caller makes up, such as that of an event, is nobody else's.
  if (route.access === "user" && fieldsOf(route.params).some((field) => /(^|_)id$/.test(field)))
    test(`${name}: what is another's is not there`, async (t) => {
      const { api } = t.context;
      await api.call("POST", "/api/v1/sessions", { user: "user_owner" }, { session_id: "owned" });
      const key = await api.call("POST", "/api/v1/keys", { user: "user_owner" }, { name: "owned" });
      for (const params of ["owned", key.body.id as string, "unknown"]) {
        const answer = await send(api, route, somebody, { params });
        t.true([400, 404].includes(answer.status), `${params}: ${answer.status} ${answer.text}`);
        if (key.body.key) t.false(answer.text.includes(key.body.key));
      }
    });

  if (route.access === "user" && fieldsOf(route.query).includes("user_id"))
    test(`${name}: another user is named by the administrator alone`, async (t) => {
      const query: Record<string, string> = { user_id: "user_owner" };
      // What else the query must have.
      if (!route.query.safeParse(query).success) query.q = "x";
      const answer = await send(t.context.api, route, somebody, { query });
      // Where something else is missing that this test can't guess.
      if (answer.status === 400) t.log("not reached");
      else t.is(errorTypeOf(answer.body), "admin_only", answer.text);
      t.true([400, 403].includes(answer.status));
    });
}
