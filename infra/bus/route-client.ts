import type { NatsConnection } from "nats";
import type { z } from "zod";
import { fromErrorBody, ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import { restRequest } from "../../schemas/messages/rest.ts";
import type { Principal } from "../../schemas/principal.ts";
import { absentError, type RestAnswer, type RestRequest, type Route } from "../../schemas/routes/route.ts";
import { putAside } from "../nats/large-message.ts";
import type { Bus } from "./bus.ts";
import { isLarge, refuseLarge } from "./large-payload.ts";
import { NoAnswer } from "./no-answer.ts";

/** An internal request to a route, with the parts that a user would send. */
export interface RouteCall {
  principal: Principal;
  params?: unknown;
  query?: unknown;
  body?: unknown;
  /** Idempotency key: constant across retries of one request. */
  idempotencyKey?: string;
}

/** Sends requests to actors on the subjects of the route table: the only client of routes. */
export class RouteClient {
  readonly #bus: Pick<Bus, "ask" | "up">;
  readonly #limits: Limits;
  readonly #nc: NatsConnection;

  constructor(bus: Pick<Bus, "ask" | "up">, limits: Limits, nc: NatsConnection) {
    this.#bus = bus;
    this.#limits = limits;
    this.#nc = nc;
  }

  /**
   * Sends a request to an actor, once: it may have been executed and must not be repeated.
   * @throws ParleyError `storage_unavailable` without NATS, `service_unavailable` (or the area's own 502) without an
   * actor
   */
  async ask(
    route: Pick<Route, "area" | "name" | "patience" | "largeBody">,
    request: RestRequest,
  ): Promise<RestAnswer> {
    const { area, name, patience = "requestTimeoutMs" } = route;
    const timeoutMs = this.#limits[patience];
    if (!this.#bus.up) throw new NoAnswer("disconnected");
    const sent = route.largeBody === true ? await this.#storeLarge(request) : request;
    const message = { ...sent, deadline: Date.now() + timeoutMs };
    const text = JSON.stringify(message);
    refuseLarge(text, this.#limits.natsMessageBytes, "body");
    try {
      return await this.#bus.ask(restRequest, message, { to: { area, name }, text, timeoutMs });
    } catch (err) {
      if (!(err instanceof NoAnswer)) throw err;
      if (err.reason === "no_responders") throw new ParleyError(absentError(area), { cause: err });
      throw err;
    }
  }

  async #storeLarge({ body, ...request }: RestRequest): Promise<RestRequest> {
    const text = JSON.stringify(body);
    if (!isLarge(text, this.#limits.natsMessageBytes / 2)) return { ...request, body };
    try {
      return { ...request, body: {}, stored_body: await putAside(this.#nc, text) };
    } catch (cause) {
      throw new ParleyError("storage_unavailable", { cause });
    }
  }

  /**
   * Calls a route as its user would, with the same handler and checks.
   * @throws ParleyError `invalid_request`
   * for parts that do not match the route; errors of the handler and of {@link ask}
   */
  async call<Answer extends z.ZodType>(
    route: Route<z.ZodType, z.ZodType, z.ZodType, Answer>,
    call: RouteCall,
  ): Promise<z.output<Answer>> {
    const { status, body } = await this.ask(route, {
      principal: call.principal,
      ip: "",
      params: call.params ?? {},
      query: call.query ?? {},
      body: call.body ?? {},
      ...(call.idempotencyKey !== undefined && { idempotency_key: call.idempotencyKey }),
    });
    if (status >= 400) throw fromErrorBody(body, status);
    return route.answer.parse(body);
  }
}

/** Whether an actor may have received a failed request, and may still execute it. */
export function mayHaveArrived(cause: unknown): boolean {
  return cause instanceof NoAnswer && cause.reason !== "no_responders";
}
