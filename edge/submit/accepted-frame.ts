import type { MessageState, SessionInput } from "../../schemas/messages/session-input.ts";
import type { DirectFrame } from "../../schemas/wire/direct-frame.ts";
import type { WireFrame } from "../live/frame.ts";

/*
 * The frame `accepted` is created in four places. docs/client-protocol.md has the same table.
 *
 * | case                                        | made by                         | `seq`, `prev` | `duplicate` | `status`  |
 * | ------------------------------------------- | ------------------------------- | ------------- | ----------- | --------- |
 * | new message, taken by its session's owner   | here, of the echo               | yes           |             |           |
 * | new message, no owner within `confirmMs`    | here, of the state              |               |             | as stored |
 * | repeated `client_msg_id`, within two minutes | here, of the state             |               | true        | as stored |
 * | repeated `client_msg_id`, later             | actors/session/outbox/answers   |               | true        | as stored |
 * | `regenerate`, which has no echo             | actors/session/outbox/answers   |               |             |           |
 */

/**
 * Sent to the originating socket in place of the echo, with the echo's `seq` and `prev`, so that its chain
 * has no gap.
 */
export function acceptedFromEcho(frame: WireFrame): DirectFrame | WireFrame {
  if (frame.type !== "response" || frame.client_msg_id === undefined) return frame;
  const { client_msg_id, message_id, session_id, client_info, attachments, seq, prev, timestamp } = frame;
  const ids = { client_msg_id, message_id, session_id, seq, prev };
  return { type: "accepted", ...ids, client_info, attachments, timestamp };
}

/** State of a message that was stored before, or that no owner has confirmed. */
export function acceptedFromState(
  input: Pick<SessionInput, "client_msg_id" | "message_id" | "session">,
  { status, queue_position, text, message_id }: MessageState,
  duplicate: boolean,
): DirectFrame {
  return {
    type: "accepted",
    client_msg_id: input.client_msg_id,
    message_id: message_id ?? input.message_id,
    session_id: input.session,
    ...(duplicate && { duplicate }),
    status,
    queue_position,
    text,
    timestamp: Date.now(),
  };
}
