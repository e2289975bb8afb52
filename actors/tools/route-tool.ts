import type { z } from "zod";
import type { RouteClient } from "../../infra/bus/route-client.ts";
import type { Route } from "../../schemas/routes/route.ts";
import { scopeOfRoute } from "../../schemas/scopes.ts";
import type { Tool, ToolEffect } from "./tool.ts";

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
  routes: Pick<RouteClient, "call">,
  route: Route,
  tool: {
    name: string;
    description: string;
    parameters: Parameters;
    effect: ToolEffect;
    foreign?: true;
    input(args: z.output<Parameters>, call: { session: string }): RouteInput;
    result?(answer: unknown): unknown;
  },
): Tool {
  return {
    name: tool.name,
    description: tool.description,
    parameters: tool.parameters,
    scope: scopeOfRoute(route),
    effect: tool.effect,
    ...(tool.foreign && { foreign: tool.foreign }),
    async run(args, { principal, session, idempotencyKey }) {
      const { params = {}, query = {}, body = {} } = tool.input(tool.parameters.parse(args), { session });
      const answer = await routes.call(route, { principal, params, query, body, idempotencyKey });
      return tool.result === undefined ? answer : tool.result(answer);
    },
  };
}
