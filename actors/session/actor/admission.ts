import type { MessageState, SessionInput } from "../../../schemas/messages/session-input.ts";
import { duplicateAnswer, requestAnswer, sendAnswer, stateOfTurn } from "../outbox/answers.ts";
import { replyToCommand } from "../outbox/command-reply.ts";
import { echo, queued } from "../outbox/final-frames.ts";
import { inputSeqOf } from "../transcript/queue-state.ts";
import type { Transcript } from "../transcript/transcript.ts";
import type { ActorDeps } from "./actor-deps.ts";
import { isShown, type Mailbox, type QueuedMessage } from "./mailbox.ts";

/** The queue that a message is admitted to. */
export interface Queue {
  readonly user: string;
  readonly mailbox: Mailbox;
  /** State of an unfinished message. */
  stateOf(message: QueuedMessage): MessageState;
  /** A message with its text as changed; null when it is no longer in the log. */
  inputOf(message: QueuedMessage): Promise<SessionInput | null>;
  /** Removes a message that is answered without a turn. */
  drop(message: QueuedMessage): Promise<void>;
}

/** Shows a new message to the user's devices, or answers it where it needs no turn. */
export function admit(
  deps: ActorDeps,
  queue: Queue,
  message: QueuedMessage,
  input: SessionInput,
  transcript: Transcript,
): void {
  if (isShown(message) || message.seq <= transcript.cursor) return;
  message.phase = "waiting";
  const { out } = deps;
  const first = firstOf(queue, message, transcript);
  if (first !== null) {
    sendAnswer(out, input, duplicateAnswer(input, first));
    void queue.drop(message);
    return;
  }
  const isMessage = input.regenerates === undefined && input.notice === undefined;
  if (isMessage) out.frame(queue.user, echo(input));
  else sendAnswer(out, input, requestAnswer(input));
  const called = deps.commands.parse(input);
  if (called?.command.place === "beside") {
    void replyToCommand(deps, input, called).catch((err: unknown) => {
      const { user, session, message_id } = input;
      deps.log.error({ err, user, session, message: message_id }, "command reply not sent");
    });
    void queue.drop(message);
    return;
  }
  const position = queue.mailbox.position(message);
  if (position > 0 && message.arrival.kind === "live") out.frame(queue.user, queued(input, position));
  queue.mailbox.shed(message);
}

/** State of the message that this one repeats; null for a new one. */
function firstOf(queue: Queue, message: QueuedMessage, transcript: Transcript): MessageState | null {
  const turn = transcript.byClientMsgId.get(message.clientMsgId);
  // A turn of the same entry is the message's own, committed by another writer.
  if (turn !== undefined && inputSeqOf(turn) !== message.inputSeq) return stateOfTurn(turn);
  // The first may have been moved behind its repetition.
  const first = queue.mailbox.messages.find(
    ({ clientMsgId, inputSeq }) => clientMsgId === message.clientMsgId && inputSeq < message.inputSeq,
  );
  return first === undefined ? null : queue.stateOf(first);
}
