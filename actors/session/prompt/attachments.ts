import type { Limits } from "../../../schemas/limits.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { Attachment } from "../../../schemas/wire/client-frame.ts";
import type { AttachmentReader } from "../../attachments/attachment-reader.ts";
import type { PreparedAttachment } from "../../attachments/prepared-attachment.ts";
import type { VisibleTurn } from "../transcript/transcript.ts";
import type { PreparedAttachments, UserMessage } from "./user-message.ts";

/** Dependencies of the attachments of a prompt. */
export interface AttachmentDeps {
  attachments: Pick<AttachmentReader, "read">;
  limits: Pick<Limits, "shownImages" | "shownTurns">;
}

/** The question of a turn: the message itself, or the one whose reply is regenerated. */
export function questionOf(visible: readonly VisibleTurn[], input: SessionInput): UserMessage {
  const replaced = input.regenerates === undefined ? undefined : visible.at(-1)?.question;
  return replaced ?? { text: input.content, attachments: input.attachments };
}

/**
 * Prepares the attachments of the question, then those of the newest turns, within the limits. `sees`: the
 * model takes images. @throws the signal's reason
 */
export async function prepareAttachments(
  { attachments, limits }: AttachmentDeps,
  visible: readonly VisibleTurn[],
  input: SessionInput,
  sees: boolean,
  signal: AbortSignal,
): Promise<PreparedAttachments> {
  const earlier = visible.slice(-limits.shownTurns).toReversed();
  const own = questionOf(visible, input).attachments;
  // Remote attachments are fetched for their own turn only: the third party is not requested again later.
  const before = earlier
    .flatMap(({ question }) => question?.attachments ?? [])
    .filter((attachment) => !isRemote(attachment));
  const wanted = [...new Set([...own, ...before])].slice(0, limits.shownImages);
  const read = await Promise.all(
    wanted.map((attachment) => attachments.read(input.user, attachment, sees, signal)),
  );
  return new Map(
    wanted.flatMap((attachment, index): [Attachment, PreparedAttachment][] =>
      read[index] ? [[attachment, read[index]]] : [],
    ),
  );
}

function isRemote({ file_id, url = "" }: Attachment): boolean {
  return file_id === undefined && /^https?:\/\//i.test(url);
}

/** Whether an image was described in words, because the model can't see it. */
export function isDescribed({ attachments }: UserMessage, prepared: PreparedAttachments): boolean {
  return attachments.some((attachment) => prepared.get(attachment)?.kind === "described");
}
