import { type NatsConnection, RequestError, TimeoutError } from "nats";
import type { z } from "zod";
import { type ErrorType, errorBodySchema, errorTable, ParleyError } from "../../schemas/errors.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import type { Principal } from "../../schemas/principal.ts";
import { type RestRequest, type Route, restAnswerSchema } from "../../schemas/routes/route.ts";

const answerMs = 10_000;

/** What an actor asks of another's route. */
export interface RouteCall {
  principal: Principal;
  params?: unknown;
  query?: unknown;
  body?: unknown;
  idempotencyKey?: string;
}

/**
 * Asks a REST route as its user would, by the same handler and under the same checks.
 * @throws ParleyError with the handler's own text, or `service_unavailable` when nobody answers
 */
export async function askRoute<Answer extends z.ZodType>(
  nc: NatsConnection,
  route: Route<z.ZodType, z.ZodType, z.ZodType, Answer>,
  call: RouteCall,
): Promise<z.output<Answer>> {
  const request: RestRequest = {
    principal: call.principal,
    ip: "",
    params: route.params.parse(call.params ?? {}),
    query: route.query.parse(call.query ?? {}),
    body: route.body.parse(call.body ?? {}),
    deadline: Date.now() + answerMs,
    ...(call.idempotencyKey !== undefined && { idempotency_key: call.idempotencyKey }),
  };
  const { status, body } = await answerOf(nc, route, request);
  if (status < 400) return route.answer.parse(body);
  const { error, errorType = "" } = errorBodySchema.catch({ error: "failed" }).parse(body);
  throw new ParleyError(typeOf(errorType, status), { error });
}

async function answerOf(nc: NatsConnection, { area, name }: Route, request: RestRequest) {
  try {
    const message = await nc.request(subjects.rest(area, name), JSON.stringify(request), {
      timeout: answerMs,
    });
    return restAnswerSchema.parse(message.json());
  } catch (cause) {
    if (cause instanceof RequestError || cause instanceof TimeoutError)
      throw new ParleyError("service_unavailable", { cause });
    throw cause;
  }
}

function typeOf(errorType: string, status: number): ErrorType {
  if (errorType in errorTable) return errorType as ErrorType;
  return status === 404 ? "not_found" : "invalid_request";
}
