import type { FinishReason } from "../../../schemas/documents/message.ts";
import { type ErrorType, errorTable, ParleyError } from "../../../schemas/errors.ts";
import type { MessageState } from "../../../schemas/messages/session-input.ts";
import type { WireFrame } from "../../live/frame.ts";
import type { Follower } from "../../live/user-feed.ts";

/** A complete reply. */
export interface Reply {
  text: string;
  message_id: string;
  finish_reason: FinishReason;
}

/** Waits on a user's stream for the end of one turn. */
export class AwaitedReply implements Follower {
  readonly #clientMsgId: string;
  #replyId: string;
  #resolve: (reply: Reply) => void = () => {};
  #reject: (error: ParleyError) => void = () => {};
  /** Rejects with the turn's error. */
  readonly done = new Promise<Reply>((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });
  /** Called when frames may have been missed. */
  onRestart: () => void = () => {};

  constructor(clientMsgId: string, replyId: string) {
    this.#clientMsgId = clientMsgId;
    this.#replyId = replyId;
    // A caller that times out leaves the rejection unhandled.
    this.done.catch(() => {});
  }

  frame(frame: WireFrame): void {
    const mine =
      ("message_id" in frame && frame.message_id === this.#replyId) ||
      ("client_msg_id" in frame && frame.client_msg_id === this.#clientMsgId);
    if (!mine) return;
    if (frame.type === "error") this.fail(errorOf(frame.errorType, frame.error));
    else if (frame.type === "stream_end" && frame.finish_reason === "failed")
      this.fail(new ParleyError("llm_unavailable"));
    else if (frame.type === "stream_end") this.#end(frame.text, frame.finish_reason);
  }

  restarted(): void {
    this.onRestart();
  }

  /** State of the message, when its frames are late, lost, or those of an earlier one with the same id. */
  found(state: MessageState | undefined): void {
    if (state === undefined || state.status === "unknown") this.fail(new ParleyError("service_unavailable"));
    else {
      this.#replyId = state.reply_id ?? this.#replyId;
      if (state.status === "completed") this.#end(state.text ?? "", "stop");
    }
  }

  /** Rejects with an error. */
  fail(error: ParleyError): void {
    this.#reject(error);
  }

  #end(text: string, finish_reason: FinishReason): void {
    this.#resolve({ text, finish_reason, message_id: this.#replyId });
  }
}

function errorOf(errorType: string, error: string): ParleyError {
  const known = errorType in errorTable ? (errorType as ErrorType) : "llm_unavailable";
  return new ParleyError(known, { error });
}
