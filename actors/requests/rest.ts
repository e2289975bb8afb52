import type { z } from "zod";
import type { Bus } from "../../infra/bus/bus.ts";
import type { Logger } from "../../infra/log.ts";
import type { Settings } from "../../infra/settings.ts";
import { fromZodError, ParleyError } from "../../schemas/errors.ts";
import { restRequest } from "../../schemas/messages/rest.ts";
import type { Principal } from "../../schemas/principal.ts";
import type { Access, RestAnswer, RestRequest, Route } from "../../schemas/routes/route.ts";
import { isStorageAway } from "../storage/storage-error.ts";

/** What serving a route needs of a process. */
export interface RestContext {
  bus: Pick<Bus, "serve">;
  log: Logger;
  settings: Pick<Settings, "limits">;
}

/** The validated parts of a request, and who asks; only a public route may be called by nobody. */
export interface RouteRequest<Params, Query, Body, Who extends Access> {
  principal: Who extends "public" ? Principal | null : Principal;
  ip: string;
  /** The caller's token, where the route takes it. */
  token?: string;
  /** When the caller gives up, Unix ms; what is not begun by then must not be. */
  deadline?: number;
  /** The same for every repetition of one request, where the caller repeats itself. */
  idempotency_key?: string;
  params: Params;
  query: Query;
  body: Body;
}

/**
 * Serves a route on its subject, sharing its requests with the other processes that do. Errors leave in the uniform
 * body; the edge turns them into OpenAI's where the route says so. What arrives is checked here again: its sender may be of another version.
 */
export function serveRoute<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
  Who extends Access,
>(
  { bus, log, settings }: RestContext,
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
      const body = await inTime(handler(checked(route, request)), answerMs);
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
      log.warn({ route: name }, "request came too late");
      return undefined;
    },
    { of: { area, name: of }, answerBytes: jsonAnswerBytes },
  );
}

/** The parts of a request by the schemas of its route. @throws ParleyError `invalid_request` */
function checked<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Who extends Access,
>(
  route: Route<Params, Query, Body, z.ZodType, Who>,
  request: RestRequest,
): RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>, Who> {
  const { principal, params, query, body, ...rest } = request;
  return {
    ...rest,
    // Only a public route is called without a principal; its caller was refused above.
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

/** Nobody waits longer, and a driver that never answers must not take a place for ever. */
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

/** Whether the caller of a request has given up. */
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
    log.warn({ err, route }, "storage away");
    return new ParleyError("storage_unavailable", { cause: err });
  }
  log.error({ err, route }, "handler failed");
  return new ParleyError("internal_error", { cause: err });
}
