import { z } from "zod";
import type { RouteClient } from "../../infra/bus/route-client.ts";
import type { ChatParams } from "../../schemas/wire/openai-request.ts";
import type { Tool } from "./tool.ts";
import { userTools } from "./user-tools.ts";

/** The tools of this installation by name, and how a model is told of them. */
export interface Toolbox {
  /** `tools` of a chat request. */
  offered: NonNullable<ChatParams["tools"]>;
  find(name: string): Tool | undefined;
}

/** Gathers the tools. */
export function createToolbox(
  routes: Pick<RouteClient, "call">,
  tools: readonly Tool[] = userTools(routes),
): Toolbox {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  return {
    offered: tools.map(({ name, description, parameters }) => ({
      type: "function" as const,
      function: { name, description, parameters: z.toJSONSchema(parameters, { io: "input" }) },
    })),
    find: (name) => byName.get(name),
  };
}
