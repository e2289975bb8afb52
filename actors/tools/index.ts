import { z } from "zod";
import type { RouteClient } from "../../infra/bus/route-client.ts";
import type { ChatParams } from "../../schemas/wire/openai-request.ts";
import type { Tool } from "./tool.ts";
import { userTools } from "./user-tools.ts";

/** The tools of one user by name, and their description for a model. */
export interface OfferedTools {
  /** `tools` of a chat request. */
  offered: NonNullable<ChatParams["tools"]>;
  find(name: string): Tool | undefined;
}

/** The tools of this installation. */
export interface Toolbox {
  /** The tools a user's model may call in one turn. Never rejects: unavailable tools are left out. */
  toolsOf(user: string): Promise<OfferedTools>;
}

/** Tools of individual users, such as those of MCP servers. */
export type MoreTools = (user: string) => Promise<readonly Tool[]>;

/** Maximum tools offered to a model; some providers reject more. */
const maxOffered = 128;

/** Creates the toolbox. */
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

/** Formats tools for a chat request. */
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
