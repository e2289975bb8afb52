import type { Msg, NatsConnection } from "nats";
import type { z } from "zod";
import type { Logger } from "../../infra/log.ts";
import type { Settings } from "../../infra/settings.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { restQueueGroup, subjects } from "../../schemas/messages/subjects.ts";
import type { Principal } from "../../schemas/principal.ts";
import type { Access, RestAnswer, RestRequest, Route } from "../../schemas/routes/route.ts";
import { isStorageAway } from "../storage/storage-error.ts";

/** What serving a route needs of a process. */
export interface RestContext {
  nc: NatsConnection;
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
 * body; the edge turns them into OpenAI's where the route says so. The edge has validated what arrives here.
 */
export function serveRoute<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
  Who extends Access,
>(
  { nc, log, settings }: RestContext,
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
      const body = await inTime(handler(request as Parameters<typeof handler>[0]), answerMs);
      return { status: route.status, body };
    } catch (err) {
      return errorAnswer(toParleyError(err, log, name));
    } finally {
      inFlight -= 1;
    }
  };
  const serve = async (msg: Msg): Promise<void> => {
    const request = msg.json<RestRequest>();
    if (isOver(request)) {
      log.warn({ route: name }, "request came too late");
      return;
    }
    let text = JSON.stringify(await answer(request));
    if (Buffer.byteLength(text) > jsonAnswerBytes) {
      log.error({ route: name, bytes: Buffer.byteLength(text) }, "answer too large");
      text = JSON.stringify(errorAnswer(new ParleyError("internal_error")));
    }
    msg.respond(text);
  };
  nc.subscribe(subjects.rest(route.area, route.name), {
    queue: restQueueGroup,
    callback: (err, msg) => {
      if (err !== null) log.error({ err, route: name }, "route subscription failed");
      else serve(msg).catch((cause: unknown) => log.error({ err: cause, route: name }, "answer not sent"));
    },
  });
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
