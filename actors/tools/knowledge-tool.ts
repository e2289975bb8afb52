import { z } from "zod";
import type { RouteClient } from "../../infra/bus/route-client.ts";
import { searchKnowledge } from "../../schemas/routes/knowledge.ts";
import { placeLine } from "../text/citation.ts";
import { routeTool } from "./route-tool.ts";
import type { Tool } from "./tool.ts";

/** Lets a model search its user's documents; each passage includes the source to cite. */
export function knowledgeTool(routes: Pick<RouteClient, "call">): Tool {
  return routeTool(routes, searchKnowledge, {
    name: "search_knowledge",
    description:
      "Searches the user's own documents by words and meaning. Name the source of each passage that the answer uses.",
    effect: "none",
    foreign: true,
    parameters: z.object({
      query: searchKnowledge.body.shape.query,
      limit: z.int().min(1).max(10).default(5),
    }),
    input: ({ query, limit }) => ({ body: { query, limit } }),
    result: (answer) => ({
      passages: searchKnowledge.answer
        .parse(answer)
        .chunks.map(({ document_title: title, heading, page, index, content, score }) => ({
          ...{ source: placeLine({ title, heading, page, index }), content, score },
        })),
    }),
  });
}
