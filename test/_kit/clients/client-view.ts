import type { HistoryMessage } from "../../../schemas/documents/message.ts";
import type { Shown } from "../judge/history.ts";
import type { Frame } from "./chain.ts";

/** What a client shows: accepted user messages and finished replies, assembled from frames and history. */
export class ClientView {
  readonly messages = new Map<string, Shown>();
  /** Reply ids of finished turns by `client_msg_id`: the final frame, or history, was seen. */
  readonly finished = new Map<string, string>();
  readonly sessions = new Set<string>();

  /** Processes a frame of the stream; frames that neither show nor end a message are ignored. */
  take(frame: Frame, contentOf: (clientMsgId: string) => string | undefined): void {
    if ("session_id" in frame && frame.session_id !== undefined && frame.type !== "connected") {
      this.sessions.add(frame.session_id);
    }
    if (frame.type === "accepted" && frame.seq !== undefined) {
      this.#user(
        frame.session_id,
        frame.message_id,
        contentOf(frame.client_msg_id) ?? "",
        frame.client_msg_id,
      );
    } else if (frame.type === "response" && frame.role === "user") {
      this.#user(frame.session_id, frame.message_id, frame.content, frame.client_msg_id);
    } else if (frame.type === "stream_end") {
      const { session_id, message_id, text, client_msg_id } = frame;
      this.finished.set(client_msg_id, message_id);
      // A reply that failed before its first token ends without a message.
      if (text === "") return;
      this.messages.set(message_id, {
        session: session_id,
        message_id,
        role: "assistant",
        content: text,
        client_msg_id,
      });
    } else if (frame.type === "error" && "seq" in frame && frame.client_msg_id !== undefined) {
      this.finished.set(frame.client_msg_id, frame.message_id ?? "");
    }
  }

  /** Processes one page of history. */
  load(session: string, messages: readonly HistoryMessage[]): void {
    let asked: string | undefined;
    for (const message of messages) {
      const { message_id, role, content, client_msg_id } = message;
      if (role === "user") {
        this.#user(session, message_id, content, client_msg_id);
        asked = message.status === undefined ? client_msg_id : undefined;
        if (asked !== undefined && !this.finished.has(asked)) this.finished.set(asked, "");
      } else if (role === "assistant") {
        this.messages.set(message_id, { session, message_id, role, content, client_msg_id: asked });
        if (asked !== undefined) this.finished.set(asked, message_id);
      }
    }
  }

  /** Clears the view: the server reported lost frames. */
  clear(): void {
    this.messages.clear();
    this.finished.clear();
  }

  #user(session: string, message_id: string, content: string, client_msg_id: string | undefined): void {
    this.messages.set(message_id, { session, message_id, role: "user", content, client_msg_id });
  }
}
