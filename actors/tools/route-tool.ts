import type { z } from "zod";
import type { RouteClient } from "../../infra/bus/route-client.ts";
import type { Route } from "../../schemas/routes/route.ts";
import { scopeOfRoute } from "../../schemas/scopes.ts";
import type { Tool, ToolEffect } from "./tool.ts";

/** The parts of a request that a tool sets. */
export interface RouteInput {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: Record<string, unknown>;
}

/**
 * A tool backed by a REST route: it runs as the user, with the same checks and handler. `input` maps the
 * validated arguments to the request, `result` selects what is returned to the model.
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
