import { z } from "zod";
import type { RouteClient } from "../../infra/bus/route-client.ts";
import { addMemory, deleteMemory, searchMemory } from "../../schemas/routes/memory.ts";
import { routeTool } from "./route-tool.ts";
import type { Tool } from "./tool.ts";

/** Lets a model look up, keep and forget what is remembered about its user, beyond what is taken from talk by itself. */
export function memoryTools(routes: Pick<RouteClient, "call">): Tool[] {
  return [
    routeTool(routes, searchMemory, {
      name: "search_memory",
      description: "Searches what is remembered about the user from earlier conversations",
      parameters: z.object({ query: z.string().min(1).max(1_000), limit: z.int().min(1).max(20).default(8) }),
      input: ({ query, limit }) => ({ query: { q: query, limit } }),
      result: (answer) => ({
        memories: searchMemory.answer.parse(answer).memories.map(({ id, content, superseded_at }) => ({
          id,
          content,
          ...(superseded_at && { superseded_at }),
        })),
      }),
    }),
    routeTool(routes, addMemory, {
      name: "remember",
      description: "Remembers a fact about the user for later conversations, when the user asks for that",
      parameters: z.object({ fact: z.string().min(1).max(2_000).describe("One sentence about the user") }),
      input: ({ fact }) => ({ body: { content: fact } }),
    }),
    routeTool(routes, deleteMemory, {
      name: "forget",
      description: "Forgets a remembered fact, when the user asks for that; its id comes from search_memory",
      parameters: z.object({ id: z.string() }),
      input: ({ id }) => ({ query: { id } }),
    }),
  ];
}
