import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { Models } from "../../models/model.ts";
import { type AttachmentDeps, prepareAttachments } from "../prompt/attachments.ts";
import type { PreparedAttachments } from "../prompt/user-message.ts";
import type { VisibleTurn } from "../transcript/transcript.ts";
import type { RecallClient, RecalledContext } from "./recall-client.ts";

/** Dependencies of the recall step. */
export interface RecallDeps extends AttachmentDeps {
  recall: Pick<RecallClient, "request">;
  models: Pick<Models, "sees">;
}

/** Prompt inputs other than the transcript. */
export interface Recalled extends RecalledContext {
  attachments: PreparedAttachments;
}

/**
 * Collects facts about the user, passages of their documents and attachments, concurrently. @throws the
 * signal's reason
 */
export async function recall(
  deps: RecallDeps,
  visible: readonly VisibleTurn[],
  input: SessionInput,
  signal: AbortSignal,
): Promise<Recalled> {
  const sees = deps.models.sees(input.model);
  const [attachments, context] = await Promise.all([
    prepareAttachments(deps, visible, input, sees, signal),
    deps.recall.request(input.user, input.content),
  ]);
  return { ...context, attachments };
}

/** The same with images described in words, for a model that refuses them. @throws the signal's reason */
export async function recallWithoutImages(
  deps: RecallDeps,
  visible: readonly VisibleTurn[],
  input: SessionInput,
  recalled: Recalled,
  signal: AbortSignal,
): Promise<Recalled> {
  return { ...recalled, attachments: await prepareAttachments(deps, visible, input, false, signal) };
}
