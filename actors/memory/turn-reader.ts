import type { TurnCompleted } from "../../schemas/messages/event.ts";
import type { OutPublisher } from "../egress/out-publisher.ts";
import { type ExtractionContext, extractByModel, maySpeakOfUser } from "./extraction.ts";
import type { MemoryStore } from "./memory-store.ts";
import type { MemoryWriter } from "./memory-writer.ts";
import { changesIn } from "./patterns.ts";

/** Dependencies of reading turns. */
export interface ReaderContext extends ExtractionContext {
  store: MemoryStore;
  keeper: MemoryWriter;
  out: Pick<OutPublisher, "frame">;
  /** Whether to use a model; otherwise only patterns are used. */
  byModel: boolean;
}

/** Extracts facts from a completed turn. Repeated events are ignored. */
export async function readTurn(context: ReaderContext, event: TurnCompleted): Promise<void> {
  const { store, keeper, models } = context;
  const said = event.messages
    .filter(({ role, content }) => role === "user" && !content.startsWith("/"))
    .map(({ content }) => content)
    .join("\n");
  if (!maySpeakOfUser(said)) return;
  const plain = changesIn(said);
  const byModel = context.byModel && models.configured;
  if (!byModel && plain.length === 0) return;
  if (await store.wasRead(event.id)) return;
  thinking(context, event, "start");
  let changed = 0;
  try {
    const known = byModel ? await store.all(event.user) : [];
    const found = byModel ? await extractByModel(context, event, known) : null;
    if (found === null) changed = await keeper.apply(event.user, plain, event.id);
    else {
      changed = await keeper.keep(event.user, found.facts, event.id);
      changed += await keeper.end(event.user, found.ended);
      // Explicit statements take precedence over the model's result.
      const taken = plain.filter(({ kind }) => kind !== "fact");
      changed += await keeper.apply(event.user, taken, event.id);
    }
    await store.markRead(event.id);
  } finally {
    thinking(context, event, "end", changed);
  }
}

function thinking(
  { out }: ReaderContext,
  { user, session }: TurnCompleted,
  status: "start" | "end",
  memories?: number,
): void {
  out.frame(user, {
    frame: {
      type: "background_thinking",
      session_id: session,
      background_thinking: { status, task: "memory", ...(memories !== undefined && { memories }) },
      timestamp: Date.now(),
    },
  });
}
