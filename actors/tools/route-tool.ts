import { type NatsConnection, RequestError, TimeoutError } from "nats";
import type { z } from "zod";
import { errorBodySchema, ParleyError } from "../../schemas/errors.ts";
import { type RestRequest, type Route, restAnswerSchema } from "../../schemas/routes/route.ts";
import { subjects } from "../../schemas/subjects.ts";
import type { Tool } from "./tool.ts";

const answerMs = 10_000;

/** What a route takes, as far as a tool fills it in. */
export interface RouteInput {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: Record<string, unknown>;
}

/**
 * A tool that is one of the REST routes: the model does what its user could do, under the same checks and by the same
 * handler. `input` maps the validated arguments to the request, `result` picks what the model is told.
 */
export function routeTool<Parameters extends z.ZodType>(
  nc: NatsConnection,
  route: Route,
  tool: {
    name: string;
    description: string;
    parameters: Parameters;
    input(args: z.output<Parameters>, call: { session: string }): RouteInput;
    result?(answer: unknown): unknown;
  },
): Tool {
  return {
    name: tool.name,
    description: tool.description,
    parameters: tool.parameters,
    async run(args, { principal, session, idempotencyKey }) {
      const { params = {}, query = {}, body = {} } = tool.input(tool.parameters.parse(args), { session });
      const request: RestRequest = {
        principal,
        ip: "",
        params: route.params.parse(params),
        query: route.query.parse(query),
        body: route.body.parse(body),
        idempotency_key: idempotencyKey,
      };
      const answer = await ask(nc, route, request);
      return tool.result === undefined ? answer : tool.result(answer);
    },
  };
}

async function ask(nc: NatsConnection, route: Route, request: RestRequest): Promise<unknown> {
  try {
    const message = await nc.request(subjects.rest(route.area, route.name), JSON.stringify(request), {
      timeout: answerMs,
    });
    const { status, body } = restAnswerSchema.parse(message.json());
    if (status < 400) return body;
    throw new ParleyError("invalid_request", {
      error: errorBodySchema.catch({ error: "failed" }).parse(body).error,
    });
  } catch (err) {
    if (err instanceof RequestError || err instanceof TimeoutError)
      throw new ParleyError("service_unavailable");
    throw err;
  }
}
