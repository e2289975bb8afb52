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
 * State of a message. User messages: `sending` (not accepted yet), `queued`, `processing`, `done`, or
 * `failed`. Replies: `streaming`, `done`, `cancelled` (truncated by a stop) or `failed`.
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

/** One message of a session, the same on every device. Immutable: a change creates a new object. */
export interface ChatMessage {
  /** Stable for the message's lifetime, even before the server assigns an id. */
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
  /** The beginning of a streaming reply was missed; its whole text arrives at the end. */
  readonly incomplete?: boolean;
  readonly error?: { errorType: string; error: string; hint?: string };
}

/** A tool call that waits for the user's consent; `arguments` is JSON text, `expires_at` Unix ms. */
export type Approval = Pick<
  FrameOf<"approval">,
  "approval_id" | "tool_name" | "arguments" | "code" | "expires_at"
>;

/** State of a session. */
export interface SessionState {
  readonly id: string;
  readonly messages: readonly ChatMessage[];
  /** Queued messages, the next one first. */
  readonly queue: readonly ChatMessage[];
  readonly approvals: readonly Approval[];
  /** Whether a reply is in progress. */
  readonly running: boolean;
  /** Whether there are older messages than those in {@link messages}. */
  readonly hasMore: boolean;
  readonly loading: boolean;
  /** Whether history has been loaded. */
  readonly loaded: boolean;
  /** Why history could not be loaded. */
  readonly error?: RequestError;
}
