import type { Attachment, HistoryMessage, Mode } from "./frames.ts";
import type { Draft } from "./outbox.ts";
import type { Approval } from "./session-state.ts";

/** What a session needs of its client. */
export interface SessionLink {
  /** A page of history, oldest first; empty for a session that does not exist yet. */
  history(
    id: string,
    page: { limit: number; before?: string },
  ): Promise<{ messages: HistoryMessage[]; has_more: boolean }>;
  /** Tool calls of a session that wait for consent. */
  approvals(id: string): Promise<Approval[]>;
  submit(draft: Draft): void;
  discard(sessionId: string, clientMsgId: string): void;
  /** Sends a frame once. @throws RequestError while there is no connection */
  send(frame: object): void;
  clientInfo: { client_id?: string; device_name?: string };
}

/** What a message may carry besides its text. */
export interface SendOptions {
  attachments?: readonly Attachment[];
  mode?: Mode;
  model?: string;
  /** Idempotency key: the same id is the same message. */
  client_msg_id?: string;
}
