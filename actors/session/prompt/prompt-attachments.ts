import type { Limits } from "../../../schemas/limits.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { Attachment } from "../../../schemas/wire/client-frame.ts";
import type { AttachmentReader } from "../../attachments/attachment-reader.ts";
import type { Shown } from "../../attachments/prepared-attachment.ts";
import type { VisibleTurn } from "../transcript/transcript.ts";
import type { Reply } from "../turn/turn-run.ts";
import type { Asked, ShownAttachments } from "./prompt-message.ts";

interface Means {
  attachments: Pick<AttachmentReader, "read">;
  limits: Pick<Limits, "shownImages" | "shownTurns">;
}

/** The question of a turn: the message itself, or that whose answer is made anew. */
export function questionOf(visible: readonly VisibleTurn[], input: SessionInput): Asked {
  const again = input.regenerates === undefined ? undefined : visible.at(-1)?.asked;
  return again ?? { text: input.content, attachments: input.attachments };
}

/**
 * Reads what a prompt shows: the attachments of its question, then those of the newest turns, within the limits.
 * `sees`: the model takes images. @throws the signal's reason
 */
export async function readAttachments(
  { attachments, limits }: Means,
  visible: readonly VisibleTurn[],
  input: SessionInput,
  sees: boolean,
  signal: AbortSignal,
): Promise<ShownAttachments> {
  const earlier = visible.slice(-limits.shownTurns).toReversed();
  const own = questionOf(visible, input).attachments;
  // What lies elsewhere was fetched for its own turn: who keeps it there is not asked at each later one.
  const before = earlier.flatMap(({ asked }) => asked?.attachments ?? []).filter((one) => !isRemote(one));
  const wanted = [...new Set([...own, ...before])].slice(0, limits.shownImages);
  const read = await Promise.all(wanted.map((one) => attachments.read(input.user, one, sees, signal)));
  return new Map(
    wanted.flatMap((one, index): [Attachment, Shown][] => (read[index] ? [[one, read[index]]] : [])),
  );
}

function isRemote({ file_id, url = "" }: Attachment): boolean {
  return file_id === undefined && /^https?:\/\//i.test(url);
}

/** Whether an image was put into words, as the model can't see it. */
export function isDescribed({ attachments }: Asked, shown: ShownAttachments): boolean {
  return attachments.some((one) => shown.get(one)?.kind === "described");
}

/** Asks with what a model is shown; one that refuses images is asked again with what `blind` gives. */
export async function askShowing(
  shown: ShownAttachments,
  ask: (shown: ShownAttachments) => Promise<Reply>,
  blind: () => Promise<ShownAttachments>,
): Promise<Reply> {
  const reply = await ask(shown);
  const images = [...shown.values()].some(({ kind }) => kind === "image");
  // What was refused may be the images alone.
  return reply.refused && reply.text === "" && images ? ask(await blind()) : reply;
}
