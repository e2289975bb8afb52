import type { Bus } from "../../infra/bus/bus.ts";
import type { PassageAnswer, PassageRequest } from "../../schemas/documents/knowledge.ts";
import type { Limits } from "../../schemas/limits.ts";
import { knowledgeRecall } from "../../schemas/messages/knowledge.ts";
import { type SearchContext, search } from "./search.ts";

/** Minimum score of a passage; less relevant ones distract the model. */
const scoreFrom = 0.5;
/** Share of the time limit for the embedding; after that, the search uses keywords only. */
const embedShare = 0.6;

/** Serves turns' requests for passages of the user's documents. */
export function servePassages(bus: Pick<Bus, "serve">, context: SearchContext, limits: Limits): void {
  bus.serve(knowledgeRecall, (request) => passages(context, request, limits));
}

async function passages(
  context: SearchContext,
  { user, text }: PassageRequest,
  limits: Limits,
): Promise<PassageAnswer> {
  if (!(await context.store.hasChunks(user))) return { passages: [], empty: true };
  if (text.trim() === "") return { passages: [], empty: false };
  const found = await search(context, user, {
    query: text,
    limit: limits.recallPassages,
    embedMs: limits.recallPassagesMs * embedShare,
  });
  return {
    empty: false,
    passages: found
      .filter(({ score }) => score >= scoreFrom)
      .map(({ document_id, document_title: title, heading, page, index, content }) => ({
        ...{ document_id, title, heading, index, content },
        ...(page !== undefined && { page }),
      })),
  };
}
