import type { TurnCompleted } from "../../schemas/messages/event.ts";
import type { OutPublisher } from "../egress/out-publisher.ts";
import { type ExtractionContext, extractByModel, maySpeakOfUser } from "./extraction.ts";
import type { MemoryStore } from "./memory-store.ts";
import type { MemoryWriter } from "./memory-writer.ts";
import { changesIn } from "./patterns.ts";

/** What reading turns needs. */
export interface ReaderContext extends ExtractionContext {
  store: MemoryStore;
  keeper: MemoryWriter;
  out: Pick<OutPublisher, "frame">;
  /** Whether a model may be asked; otherwise plain forms alone are understood. */
  byModel: boolean;
}

/** Takes facts about its user from a finished turn. A turn that comes twice is read once. */
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
      // What somebody says in so many words holds, whatever the model makes of it.
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
