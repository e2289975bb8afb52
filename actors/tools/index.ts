import { z } from "zod";
import type { RouteClient } from "../../infra/bus/route-client.ts";
import type { ChatParams } from "../../schemas/wire/openai-request.ts";
import type { Tool } from "./tool.ts";
import { userTools } from "./user-tools.ts";

/** The tools of one user by name, and how a model is told of them. */
export interface OfferedTools {
  /** `tools` of a chat request. */
  offered: NonNullable<ChatParams["tools"]>;
  find(name: string): Tool | undefined;
}

/** The tools of this installation. */
export interface Toolbox {
  /** What a user's model may call in one turn. Never rejects: tools that can't be had now are left out. */
  toolsOf(user: string): Promise<OfferedTools>;
}

/** Tools that belong to some users only, such as those of MCP servers. */
export type MoreTools = (user: string) => Promise<readonly Tool[]>;

/** Most tools that a model is told of: more are refused by some providers. */
const maxOffered = 128;

/** Gathers the tools. */
export function createToolbox(
  routes: Pick<RouteClient, "call">,
  more: MoreTools = () => Promise.resolve([]),
): Toolbox {
  const own = userTools(routes);
  const ownNames = new Set(own.map(({ name }) => name));
  const alone = offer(own);
  return {
    async toolsOf(user) {
      const others = (await more(user)).filter(({ name }) => !ownNames.has(name));
      return others.length === 0 ? alone : offer([...own, ...others].slice(0, maxOffered));
    },
  };
}

/** Shows tools to a model. */
function offer(tools: readonly Tool[]): OfferedTools {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  return {
    offered: tools.map((tool) => ({
      type: "function" as const,
      function: { name: tool.name, description: tool.description, parameters: inputSchemaOf(tool) },
    })),
    find: (name) => byName.get(name),
  };
}

/** The JSON schema of a tool's arguments. */
export function inputSchemaOf({ inputSchema, parameters }: Tool): Record<string, unknown> {
  return inputSchema ?? z.toJSONSchema(parameters, { io: "input" });
}
