import type { Settings } from "../schemas/config.ts";
import { type ErrorType, errorBodySchema, errorTable, ParleyError } from "../schemas/errors.ts";
import type { Principal } from "../schemas/principal.ts";
import { routes } from "../schemas/routes/index.ts";
import {
  fileAnswerSchema,
  type RestAnswer,
  type RestRequest,
  type Route,
  restAnswerSchema,
} from "../schemas/routes/route.ts";
import { subjects } from "../schemas/subjects.ts";
import { checkJsonType } from "./http/body.ts";
import { BodyStream } from "./http/body-stream.ts";
import { openaiErrorOf } from "./http/error-shape.ts";
import type { Exchange } from "./http/exchange.ts";
import { sendFile } from "./http/file-answer.ts";
import { parseJson } from "./http/json-text.ts";
import type { RequestHead } from "./http/request-head.ts";
import type { Router } from "./http/router.ts";
import { type Identity, tokenOf } from "./identity.ts";
import { refuseLarge } from "./large-payload.ts";
import { isNoResponders, isTimeout, type NatsLink } from "./nats-link.ts";
import type { Services } from "./services.ts";

/** Asks actors over the subjects of the route table. */
export class RestClient {
  readonly #link: NatsLink;
  readonly #settings: Pick<Settings, "limits">;

  constructor(link: NatsLink, settings: Pick<Settings, "limits">) {
    this.#link = link;
    this.#settings = settings;
  }

  /** The connection on which it asks. */
  get link(): NatsLink {
    return this.#link;
  }

  /**
   * The answer of an actor. It is asked once: a request that may have been served must not be served again.
   * @throws ParleyError `storage_unavailable` without NATS, `service_unavailable` (or the area's own 502) without an actor
   */
  async ask(route: Pick<Route, "area" | "name" | "patience">, request: RestRequest): Promise<RestAnswer> {
    const { natsMessageBytes, [route.patience ?? "requestTimeoutMs"]: timeout } = this.#settings.limits;
    if (!this.#link.up) throw new ParleyError("storage_unavailable");
    const payload = JSON.stringify({ ...request, deadline: Date.now() + timeout });
    refuseLarge(payload, natsMessageBytes, "body");
    try {
      const subject = subjects.rest(route.area, route.name);
      const answer = await this.#link.nc.request(subject, payload, { timeout });
      return restAnswerSchema.parse(answer.json());
    } catch (cause) {
      if (isNoResponders(cause)) throw new ParleyError(absent(route.area), { cause });
      if (isTimeout(cause)) throw new ParleyError("service_unavailable", { cause });
      throw new ParleyError("storage_unavailable", { cause });
    }
  }
}

function absent(area: string) {
  if (area === "voice") return "voice_service_unreachable";
  return area === "memory" ? "memory_service_unreachable" : "service_unavailable";
}

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
    const json = route.body.parse(bytes.length === 0 ? {} : parseJson(bytes));
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

/** Whether an actor may have got a request of {@link RestClient.ask} that failed so, and do what it asks. */
export function mayHaveArrived(cause: unknown): boolean {
  if (!(cause instanceof ParleyError)) return false;
  return cause.errorType === "storage_unavailable" || isTimeout(cause.cause);
}

/** What an actor has refused, as an error of this table. */
export function refusalOf({ status, body }: RestAnswer): ParleyError {
  const { error, errorType = "", hint } = errorBodySchema.catch({ error: "" }).parse(body);
  const known = Object.hasOwn(errorTable, errorType);
  const type = known ? (errorType as ErrorType) : status < 500 ? "invalid_request" : "service_unavailable";
  return new ParleyError(type, { ...(error !== "" && { error }), ...(hint !== undefined && { hint }) });
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
