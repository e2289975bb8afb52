import type { Turn } from "../../../schemas/documents/collections.ts";
import type { MessageState, SessionInput } from "../../../schemas/messages/session-input.ts";
import type { DirectFrame } from "../../../schemas/wire/direct-frame.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";

/**
 * Every case in which actors answer the sender of a log entry with `accepted`. A new message has none of
 * these: its echo goes to all devices, and the edge turns it into `accepted` for the socket that it came
 * from.
 *
 * | case        | sent when                                              | `message_id`            | state |
 * |-------------|--------------------------------------------------------|-------------------------|-------|
 * | `duplicate` | the session has the `client_msg_id` already            | that of the first one   | yes   |
 * | `request`   | the entry is no message of the user and has no echo    | that of the reply       | no    |
 */
const acceptedCases = {
  duplicate: (input: SessionInput, { reply_id: _, ...first }: MessageState) => ({
    duplicate: true,
    ...first,
    message_id: first.message_id ?? input.message_id,
  }),
  request: (input: SessionInput) => ({ message_id: input.reply_id }),
};

/** The answer to a repeated message: what became of the first one. */
export function duplicateAnswer(input: SessionInput, first: MessageState): DirectFrame {
  return acceptedOf(input, acceptedCases.duplicate(input, first));
}

/** The answer to a request that has no echo, such as `regenerate`. */
export function requestAnswer(input: SessionInput): DirectFrame {
  return acceptedOf(input, acceptedCases.request(input));
}

/** Sends an answer to the socket that an entry came from, if it came from one. */
export function sendAnswer(
  out: Pick<OutPublisher, "direct">,
  input: SessionInput,
  answer: DirectFrame,
): void {
  if (input.origin !== undefined) out.direct(input.origin, answer);
}

/** State of a message that became a turn. */
export function stateOfTurn(turn: Turn): MessageState {
  const [user] = turn.messages;
  return {
    status: "completed",
    ...(user && { message_id: user.message_id }),
    ...(turn.reply && { reply_id: turn.reply.message_id }),
    text: turn.reply?.text ?? turn.messages.find(({ role }) => role === "assistant")?.content ?? "",
  };
}

function acceptedOf(
  { client_msg_id, session }: SessionInput,
  of: { message_id: string } & Omit<MessageState, "status" | "reply_id"> & Partial<MessageState>,
): DirectFrame {
  return { type: "accepted", client_msg_id, session_id: session, ...of, timestamp: Date.now() };
}
