import type { Memory, MemoryDocument } from "../../schemas/documents/memory.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { addMemory, deleteMemory, listMemory, searchMemory } from "../../schemas/routes/memory.ts";
import type { ActorContext } from "../actor-context.ts";
import type { Embeddings } from "../models/embeddings.ts";
import { actingUser } from "../requests/acting-user.ts";
import { serveRoute } from "../requests/rest.ts";
import { endedPrefix, type MemoryStore } from "./memory-store.ts";
import type { MemoryWriter } from "./memory-writer.ts";
import { factsIn } from "./patterns.ts";
import { relevance } from "./recall.ts";

const foundFrom = 0.2;

/** Serves the memory routes. */
export function serveMemoryRoutes(
  context: Pick<ActorContext, "nc" | "bus" | "log" | "settings">,
  { store, keeper, embeddings }: { store: MemoryStore; keeper: MemoryWriter; embeddings: Embeddings },
): void {
  serveRoute(context, listMemory, async ({ principal, query }) => {
    const { memories, total } = await store.page(actingUser(principal, query.user_id), query);
    return { memories: memories.map(view), total };
  });
  serveRoute(context, searchMemory, async ({ principal, query }) => {
    const all = await store.all(actingUser(principal, query.user_id));
    const asked = query.q.toLowerCase();
    const scored = await relevance(all, query.q, embeddings);
    const found = scored
      .map(({ memory, relevance: own }) => ({
        memory,
        relevance: memory.content.toLowerCase().includes(asked) ? 1 : own,
      }))
      .filter(({ relevance: own }) => own >= foundFrom)
      .toSorted((x, y) => current(y.memory) - current(x.memory) || y.relevance - x.relevance);
    return { memories: found.slice(0, query.limit).map(({ memory }) => view(memory)), total: found.length };
  });
  serveRoute(context, addMemory, async ({ principal, query, body }) => {
    // A matching form gives the slot, so that the fact supersedes an older one.
    const [plain] = factsIn(body.content);
    const memory = await keeper.add(actingUser(principal, query.user_id), { ...body, slot: plain?.slot });
    return { success: true as const, memory: view(memory) };
  });
  serveRoute(context, deleteMemory, async ({ principal, query }) => {
    if (!(await keeper.forget(actingUser(principal, query.user_id), query.id)))
      throw new ParleyError("not_found", { error: "记忆不存在" });
    return { status: "deleted" as const };
  });
}

function current({ superseded_by }: MemoryDocument): number {
  return superseded_by === null ? 1 : 0;
}

function view(memory: MemoryDocument): Memory {
  const { _id, user_id, content, category, priority, superseded_at, superseded_by } = memory;
  return {
    ...{ id: _id, user_id, content, category, priority },
    created_at: memory.created_at.toISOString(),
    updated_at: memory.updated_at.toISOString(),
    ...(superseded_at !== null && { superseded_at: superseded_at.toISOString() }),
    ...(superseded_by !== null && !superseded_by.startsWith(endedPrefix) && { superseded_by }),
  };
}
