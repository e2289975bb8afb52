import { ParleyError } from "../../../schemas/errors.ts";
import { parseForeignJson } from "../../../schemas/foreign-json.ts";
import type { Principal } from "../../../schemas/principal.ts";
import { routes } from "../../../schemas/routes/index.ts";
import {
  fileAnswerSchema,
  type RestAnswer,
  type RestRequest,
  type Route,
} from "../../../schemas/routes/route.ts";
import { checkJsonType } from "../../http/body.ts";
import { BodyStream } from "../../http/body-stream.ts";
import { openaiErrorOf } from "../../http/error-shape.ts";
import type { Exchange } from "../../http/exchange.ts";
import { sendFile } from "../../http/file-answer.ts";
import type { RequestHead } from "../../http/request-head.ts";
import type { Router } from "../../http/router.ts";
import { type Identity, tokenOf } from "../../identity/identity.ts";
import type { Services } from "../../services.ts";
import { mayHaveArrived } from "./route-client.ts";

/** Registers every endpoint of the route table. */
export function addRestRoutes(
  router: Router,
  services: Pick<Services, "identity" | "rest" | "uploads" | "settings">,
): void {
  const { identity, rest } = services;
  for (const route of routes) {
    const shape = route.errors ?? "uniform";
    const stream = route.multipart !== undefined;
    router.route(
      route.method === "del" ? "DELETE" : route.method,
      route.path,
      async (exchange, body) => {
        const principal = await authorize(route, exchange.head, identity);
        const request = {
          principal,
          ip: exchange.head.ip,
          ...(route.takesToken && { token: tokenOf(exchange.head) }),
          params: route.params.parse(paramsOf(route.path, exchange.head)),
          query: route.query.parse(Object.fromEntries(exchange.head.query)),
        };
        const given =
          body instanceof BodyStream
            ? await askWithForm(services, route, request, exchange.head, body)
            : await rest.ask(route, { ...request, body: route.body.parse(body) });
        if (route.file && given.status < 400)
          return sendFile(exchange, rest.link, fileAnswerSchema.parse(given.body));
        answer(exchange, shape, given);
      },
      { errors: shape, stream },
    );
  }
}

/** Asks with what a form holds. Bytes that nobody has taken over don't stay. */
async function askWithForm(
  { rest, uploads, settings }: Pick<Services, "rest" | "uploads" | "settings">,
  route: Route,
  request: Omit<RestRequest, "body">,
  head: RequestHead,
  body: BodyStream,
): Promise<RestAnswer> {
  const { multipart } = route;
  if (multipart === undefined) throw new TypeError(`${route.path} takes no form`);
  const isForm = /^multipart\//i.test(head.headers.get("content-type") ?? "");
  if (multipart.orJson && !isForm) {
    const bytes = await body.all(settings.limits.jsonBodyBytes);
    checkJsonType(head, bytes.length === 0);
    const json = route.body.parse(bytes.length === 0 ? {} : parseForeignJson(bytes));
    return rest.ask(route, { ...request, body: withoutFiles(json, multipart.files) });
  }
  const form = await uploads.read(head, body, multipart);
  let keep = multipart.bucket === "files";
  try {
    return await rest.ask(route, { ...request, body: route.body.parse({ ...form.fields, ...form.files }) });
  } catch (cause) {
    // Where it is unknown whether somebody has them now, the sweep finds out.
    keep &&= mayHaveArrived(cause);
    throw cause;
  } finally {
    if (!keep) await form.discard();
  }
}

/** A client can't name an object. */
function withoutFiles(body: unknown, files: readonly string[]): unknown {
  const field = files.find((name) => (body as Record<string, unknown>)[name] !== undefined);
  if (field === undefined) return body;
  throw new ParleyError("invalid_request", {
    error: `请求参数错误: ${field} 只能用 multipart/form-data 上传`,
  });
}

async function authorize(route: Route, head: RequestHead, identity: Identity): Promise<Principal | null> {
  if (route.access === "public") return null;
  const principal = await identity.identify(tokenOf(head));
  if (route.access === "admin" && !principal.is_admin) throw new ParleyError("admin_only");
  return principal;
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
