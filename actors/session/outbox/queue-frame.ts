import type { OutItem } from "../../../schemas/messages/out-item.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { QueueItem } from "../../../schemas/wire/session-frames.ts";

/** Characters of the texts of one frame; `GET …/messages` has long ones in full. */
const frameChars = 64 * 1024;
const leastChars = 256;

/**
 * Waiting messages as clients are shown them, in their order; long texts are shortened so that the list fits
 * a frame.
 */
export function queueItems(
  waiting: readonly Pick<SessionInput, "message_id" | "client_msg_id" | "content" | "client_info">[],
): QueueItem[] {
  const chars = Math.max(leastChars, Math.floor(frameChars / Math.max(1, waiting.length)));
  return waiting.map(({ message_id, client_msg_id, content, client_info }, index) => ({
    message_id,
    client_msg_id,
    content: content.length <= chars ? content : `${content.slice(0, chars)}…`,
    queue_position: index + 1,
    ...(client_info && { client_info }),
  }));
}

/** The queue of a session, for all devices of its user. */
export function queueFrame(session: string, waiting: readonly SessionInput[]): OutItem {
  return {
    frame: { type: "queue", session_id: session, items: queueItems(waiting), timestamp: Date.now() },
  };
}
