import type { NatsConnection } from "nats";
import type { z } from "zod";
import type { Bus } from "../../infra/bus/bus.ts";
import type { Logger } from "../../infra/log.ts";
import { takeBack } from "../../infra/nats/large-message.ts";
import type { Settings } from "../../infra/settings.ts";
import { fromZodError, ParleyError } from "../../schemas/errors.ts";
import { restRequest } from "../../schemas/messages/rest.ts";
import type { Principal } from "../../schemas/principal.ts";
import type { Access, RestAnswer, RestRequest, Route } from "../../schemas/routes/route.ts";
import { isStorageAway } from "../storage/storage-error.ts";

/** Dependencies of a route handler. */
export interface RestContext {
  bus: Pick<Bus, "serve">;
  /** Reads bodies that were too large for a message. */
  nc: NatsConnection;
  log: Logger;
  settings: Pick<Settings, "limits">;
}

/** The validated parts of a request and its caller; `principal` is null only on public routes. */
export interface RouteRequest<Params, Query, Body, Who extends Access> {
  principal: Who extends "public" ? Principal | null : Principal;
  ip: string;
  /** The caller's token, if the route uses it. */
  token?: string;
  /** When the caller times out, Unix ms; work must not start after it. */
  deadline?: number;
  /** Identical for all retries of a request, if the caller retries. */
  idempotency_key?: string;
  params: Params;
  query: Query;
  body: Body;
}

/**
 * Serves a route on its subject, load-balanced over all processes that serve it. Errors are returned in the
 * uniform body; the edge converts them to OpenAI's format where the route requires it. Requests are validated
 * again because the edge may run another version.
 */
export function serveRoute<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
  Who extends Access,
>(
  { bus, nc, log, settings }: RestContext,
  route: Route<Params, Query, Body, Answer, Who>,
  handler: (
    request: RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>, Who>,
  ) => Promise<z.input<Answer>>,
): void {
  const { restInFlight, jsonAnswerBytes, [route.patience ?? "requestTimeoutMs"]: answerMs } = settings.limits;
  const name = `${route.area}.${route.name}`;
  let inFlight = 0;

  const answer = async (request: RestRequest): Promise<RestAnswer> => {
    if (inFlight >= restInFlight) return errorAnswer(new ParleyError("service_unavailable"));
    inFlight += 1;
    try {
      if (route.access !== "public" && request.principal === null) throw new ParleyError("unauthorized");
      const whole = route.largeBody === true ? await withStoredBody(nc, request) : request;
      const body = await inTime(handler(checked(route, whole)), answerMs);
      return { status: route.status, body };
    } catch (err) {
      return errorAnswer(toParleyError(err, log, name));
    } finally {
      inFlight -= 1;
    }
  };
  const { area, name: of } = route;
  bus.serve(
    restRequest,
    (request) => {
      if (!isOver(request)) return answer(request);
      log.warn({ route: name }, "request expired before it was handled");
      return undefined;
    },
    { of: { area, name: of }, answerBytes: jsonAnswerBytes },
  );
}

/** Loads a body that was too large for the message. @throws ParleyError `storage_unavailable` */
async function withStoredBody(nc: NatsConnection, request: RestRequest): Promise<RestRequest> {
  if (request.stored_body === undefined) return request;
  try {
    const text = await takeBack(nc, request.stored_body);
    if (text !== undefined) return { ...request, body: JSON.parse(text) };
  } catch (cause) {
    throw new ParleyError("storage_unavailable", { cause });
  }
  throw new ParleyError("storage_unavailable");
}

/** Parses the parts of a request with the schemas of its route. @throws ParleyError `invalid_request` */
function checked<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Who extends Access,
>(
  route: Route<Params, Query, Body, z.ZodType, Who>,
  request: RestRequest,
): RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>, Who> {
  const { principal, params, query, body, stored_body: _, ...rest } = request;
  return {
    ...rest,
    // Only public routes are called without a principal; other requests were rejected above.
    principal: principal as Who extends "public" ? Principal | null : Principal,
    params: partOf(route.params, params),
    query: partOf(route.query, query),
    body: partOf(route.body, body),
  } as RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>, Who>;
}

function partOf<Part extends z.ZodType>(schema: Part, value: unknown): z.output<Part> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw fromZodError(parsed.error);
  return parsed.data;
}

/**
 * Bounds a handler by the request timeout, so that a driver that never answers does not hold a slot for ever.
 */
async function inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ParleyError("service_unavailable")), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the caller of a request has timed out. */
export function isOver({ deadline }: { deadline?: number | undefined }): boolean {
  return deadline !== undefined && Date.now() > deadline;
}

function errorAnswer(error: ParleyError): RestAnswer {
  const { status, body, retryAfter } = error;
  return retryAfter === undefined
    ? { status, body }
    : { status, body, headers: { "retry-after": String(retryAfter) } };
}

function toParleyError(err: unknown, log: Logger, route: string): ParleyError {
  if (err instanceof ParleyError) return err;
  if (isStorageAway(err)) {
    log.warn({ err, route }, "storage unavailable");
    return new ParleyError("storage_unavailable", { cause: err });
  }
  log.error({ err, route }, "route handler failed");
  return new ParleyError("internal_error", { cause: err });
}
