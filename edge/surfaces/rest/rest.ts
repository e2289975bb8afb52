import { mayHaveArrived } from "../../../infra/bus/route-client.ts";
import { newTrace, parseTraceparent, withTrace } from "../../../infra/bus/trace.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { parseForeignJson } from "../../../schemas/foreign-json.ts";
import { routes } from "../../../schemas/routes/index.ts";
import {
  fileAnswerSchema,
  type RestAnswer,
  type RestRequest,
  type Route,
} from "../../../schemas/routes/route.ts";
import { scopeOfRoute } from "../../../schemas/scopes.ts";
import type { Caller } from "../../admission/admission.ts";
import { checkJsonType } from "../../http/body.ts";
import type { BodyStream } from "../../http/body-stream.ts";
import { openaiErrorOf } from "../../http/error-shape.ts";
import type { Exchange } from "../../http/exchange.ts";
import { sendFile } from "../../http/file-answer.ts";
import type { RequestHead } from "../../http/request-head.ts";
import type { Router } from "../../http/router.ts";
import { tokenOf } from "../../identity/identity.ts";
import type { Services } from "../../services.ts";

type RestServices = Pick<Services, "identity" | "rest" | "link" | "uploads" | "settings">;

/** Registers every endpoint of the route table. */
export function addRestRoutes(router: Router, services: RestServices): void {
  for (const route of routes) {
    const endpoint = {
      method: route.method === "del" ? ("DELETE" as const) : verbs[route.method],
      path: route.path,
      errors: route.errors ?? "uniform",
      ...(route.access !== "public" && {
        authorize: services.identity.authorizeUser(scopeOfRoute(route), { admin: route.access === "admin" }),
      }),
    };
    if (route.multipart === undefined)
      router.route({
        ...endpoint,
        body: "json",
        handler: (exchange, caller, body) =>
          serve(services, route, exchange, caller, (request) =>
            services.rest.ask(route, { ...request, body: valid(route.body, body) }),
          ),
      });
    else
      router.route({
        ...endpoint,
        body: "stream",
        handler: (exchange, caller, body) =>
          serve(services, route, exchange, caller, (request) =>
            askWithForm(services, route, request, { head: exchange.head, caller, body }),
          ),
      });
  }
}

const verbs = { get: "GET", post: "POST", put: "PUT", patch: "PATCH" } as const;

async function serve(
  { link }: Pick<RestServices, "link">,
  route: Route,
  exchange: Exchange,
  { principal }: Caller,
  ask: (request: Omit<RestRequest, "body">) => Promise<RestAnswer>,
): Promise<void> {
  const { head } = exchange;
  const trace = parseTraceparent(head.headers.get("traceparent")) ?? newTrace();
  const request = {
    principal,
    ip: head.ip,
    ...(route.takesToken && { token: tokenOf(head) }),
    params: valid(route.params, paramsOf(route.path, head)),
    query: valid(route.query, Object.fromEntries(head.query)),
  };
  const given = await withTrace(trace, () => ask(request));
  if (route.file && given.status < 400) return sendFile(exchange, link, fileAnswerSchema.parse(given.body));
  answer(exchange, route.errors ?? "uniform", given);
}

/** Sends the request with a form's parts. Objects that no document refers to are deleted. */
async function askWithForm(
  { rest, uploads, settings }: RestServices,
  route: Route,
  request: Omit<RestRequest, "body">,
  { head, caller, body }: { head: RequestHead; caller: Caller; body: BodyStream },
): Promise<RestAnswer> {
  const { multipart } = route;
  if (multipart === undefined) throw new TypeError(`${route.path} does not accept a form`);
  const isForm = /^multipart\//i.test(head.headers.get("content-type") ?? "");
  if (multipart.orJson && !isForm) {
    const bytes = await body.all(settings.limits.jsonBodyBytes);
    checkJsonType(head, bytes.length === 0);
    const json = valid(route.body, bytes.length === 0 ? {} : parseForeignJson(bytes));
    return rest.ask(route, { ...request, body: withoutFiles(json, multipart.files) });
  }
  const form = await uploads.read(head, caller, body, multipart);
  let keep = multipart.bucket === "files";
  try {
    return await rest.ask(route, { ...request, body: valid(route.body, { ...form.fields, ...form.files }) });
  } catch (cause) {
    // If the result is unknown, the sweep decides later.
    keep &&= mayHaveArrived(cause);
    throw cause;
  } finally {
    if (!keep) await form.discard();
  }
}

/**
 * A validated part in its original form: the actor parses it with the same schema, so conversions don't cross
 * the bus.
 */
function valid(schema: Route["body"], value: unknown): unknown {
  schema.parse(value);
  return value;
}

/** Clients can't name objects. */
function withoutFiles(body: unknown, files: readonly string[]): unknown {
  const field = files.find((name) => (body as Record<string, unknown>)[name] !== undefined);
  if (field === undefined) return body;
  throw new ParleyError("invalid_request", {
    error: `请求参数错误: ${field} 只能用 multipart/form-data 上传`,
  });
}

function paramsOf(path: string, head: RequestHead): Record<string, string> {
  const names = path.split("/").filter((part) => part.startsWith(":"));
  return Object.fromEntries(names.map((name, index) => [name.slice(1), head.params[index] ?? ""]));
}

function answer(
  exchange: Exchange,
  shape: "uniform" | "openai",
  { status, body, headers }: RestAnswer,
): void {
  const { error = "", errorType } = (body ?? {}) as { error?: string; errorType?: string };
  const plain = status < 400 || shape === "uniform";
  exchange.json(status, plain ? body : openaiErrorOf(errorType, status, error), headers);
}
