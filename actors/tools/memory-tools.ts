import { z } from "zod";
import type { RouteClient } from "../../infra/bus/route-client.ts";
import { addMemory, deleteMemory, searchMemory } from "../../schemas/routes/memory.ts";
import { routeTool } from "./route-tool.ts";
import type { Tool } from "./tool.ts";

/** Lets a model search, add and delete its user's memories, beyond those extracted automatically. */
export function memoryTools(routes: Pick<RouteClient, "call">): Tool[] {
  return [
    routeTool(routes, searchMemory, {
      name: "search_memory",
      description: "Searches what is remembered about the user from earlier conversations",
      effect: "none",
      parameters: z.object({ query: searchMemory.query.shape.q, limit: z.int().min(1).max(20).default(8) }),
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
      effect: "own",
      parameters: z.object({ fact: addMemory.body.shape.content }),
      input: ({ fact }) => ({ body: { content: fact } }),
    }),
    routeTool(routes, deleteMemory, {
      name: "forget",
      description: "Forgets a remembered fact, when the user asks for that; its id comes from search_memory",
      effect: "own",
      parameters: z.object({ id: deleteMemory.query.shape.id }),
      input: ({ id }) => ({ query: { id } }),
    }),
  ];
}
