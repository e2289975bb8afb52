import type {
  Attachment,
  ClientInfo,
  FinishReason,
  FrameOf,
  Mode,
  MsgType,
  ReviewMessage,
  Segment,
  Timing,
} from "./frames.ts";
import type { RequestError } from "./request-error.ts";

/**
 * Where a message stands. A user's: `sending` (not accepted yet), `queued`, `processing`, `done`, or `failed`. A reply:
 * `streaming`, `done`, `cancelled` (its text ends where it was stopped) or `failed`.
 */
export type MessageStatus =
  | "sending"
  | "queued"
  | "processing"
  | "streaming"
  | "done"
  | "cancelled"
  | "failed";

/** A piece of a reply by its kind; `delay_ms` is the pause before it. */
export type Part = ReviewMessage;

/** The last report of a tool that a reply uses; `progress` is 0..1. */
export interface ToolProgress {
  tool_name: string;
  status: "started" | "running" | "completed" | "failed";
  progress: number;
  message: string;
}

/** One message of a session, the same on every device. Objects are never changed: a change makes a new one. */
export interface ChatMessage {
  /** Stable over the whole life of the message, also before the server has given it an id. */
  readonly key: string;
  readonly message_id?: string;
  readonly client_msg_id?: string;
  readonly role: "user" | "assistant" | "action" | "system";
  readonly msg_type: MsgType;
  readonly content: string;
  /** Pieces of a reply; while it streams, of what has come so far. */
  readonly parts: readonly Part[];
  readonly status: MessageStatus;
  readonly created_at: number;
  readonly attachments?: readonly Attachment[];
  readonly client_info?: ClientInfo;
  readonly mode?: Mode;
  readonly model?: string;
  readonly finish_reason?: FinishReason;
  readonly thinking?: string;
  readonly tools?: readonly ToolProgress[];
  readonly segments?: readonly Segment[];
  readonly full_audio_url?: string;
  readonly timing?: Timing;
  /** 1 = next; for queued messages. */
  readonly queue_position?: number;
  /** The first part of a streaming reply was missed; its whole text comes at its end. */
  readonly incomplete?: boolean;
  readonly error?: { errorType: string; error: string; hint?: string };
}

/** A tool call that waits for the user's consent; `arguments` is JSON text, `expires_at` Unix ms. */
export type Approval = Pick<
  FrameOf<"approval">,
  "approval_id" | "tool_name" | "arguments" | "code" | "expires_at"
>;

/** Everything that is known of a session. */
export interface SessionState {
  readonly id: string;
  readonly messages: readonly ChatMessage[];
  /** Messages that wait, the next one first. */
  readonly queue: readonly ChatMessage[];
  readonly approvals: readonly Approval[];
  /** Whether a reply is being made. */
  readonly running: boolean;
  /** Whether there are older messages than those in {@link messages}. */
  readonly hasMore: boolean;
  readonly loading: boolean;
  /** Whether history has been read once. */
  readonly loaded: boolean;
  /** Why history could not be read. */
  readonly error?: RequestError;
}
