import type { NatsConnection } from "nats";
import type { Settings } from "../schemas/config.ts";
import { ParleyError } from "../schemas/errors.ts";
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
import { openaiErrorOf } from "./http/error-shape.ts";
import type { Exchange } from "./http/exchange.ts";
import { sendFile } from "./http/file-answer.ts";
import type { RequestHead } from "./http/request-head.ts";
import type { Router } from "./http/router.ts";
import { type Identity, tokenOf } from "./identity.ts";
import { refuseLarge } from "./large-payload.ts";
import { isNoResponders, isTimeout, type NatsLink } from "./nats-link.ts";

/** Asks actors over the subjects of the route table. */
export class RestClient {
  readonly #link: NatsLink;
  readonly #settings: Pick<Settings, "limits">;

  constructor(link: NatsLink, settings: Pick<Settings, "limits">) {
    this.#link = link;
    this.#settings = settings;
  }

  /** The connection on which it asks. */
  get nc(): NatsConnection {
    return this.#link.nc;
  }

  /**
   * The answer of an actor. It is asked once: a request that may have been served must not be served again.
   * @throws ParleyError `storage_unavailable` without NATS, `service_unavailable` (or the area's own 502) without an actor
   */
  async ask(route: Pick<Route, "area" | "name">, request: RestRequest): Promise<RestAnswer> {
    const { natsMessageBytes, requestTimeoutMs } = this.#settings.limits;
    if (!this.#link.up) throw new ParleyError("storage_unavailable");
    const payload = JSON.stringify({ ...request, deadline: Date.now() + requestTimeoutMs });
    refuseLarge(payload, natsMessageBytes, "body");
    try {
      const subject = subjects.rest(route.area, route.name);
      const answer = await this.#link.nc.request(subject, payload, { timeout: requestTimeoutMs });
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
export function addRestRoutes(router: Router, identity: Identity, rest: RestClient): void {
  for (const route of routes) {
    const shape = route.errors ?? "uniform";
    router.route(
      route.method === "del" ? "DELETE" : route.method,
      route.path,
      async (exchange, body) => {
        const principal = await authorize(route, exchange.head, identity);
        const request: RestRequest = {
          principal,
          ip: exchange.head.ip,
          ...(route.takesToken && { token: tokenOf(exchange.head) }),
          params: route.params.parse(paramsOf(route.path, exchange.head)),
          query: route.query.parse(Object.fromEntries(exchange.head.query)),
          body: route.body.parse(body),
        };
        const given = await rest.ask(route, request);
        if (route.file && given.status < 400)
          return sendFile(exchange, rest.nc, fileAnswerSchema.parse(given.body));
        answer(exchange, shape, given);
      },
      { errors: shape },
    );
  }
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
