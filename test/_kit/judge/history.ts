import type { Turn } from "../../../schemas/documents/collections.ts";
import type { HistoryMessage } from "../../../schemas/documents/message.ts";
import type { Frame } from "../clients/chain.ts";

/** A frame received by a client. `connection` counts its connections from 1; `at` is Unix milliseconds. */
export interface Received {
  at: number;
  connection: number;
  frame: Frame;
}

/** One message that a client sent. */
export interface Send {
  client: string;
  user: string;
  session: string;
  client_msg_id: string;
  content: string;
  /** Position in this client's send order, across all sessions. */
  index: number;
  sentAt: number;
  /** How often it was sent; more than 1 after a disconnect or a refusal. */
  transmissions: number;
  /** `accepted`, the `errorType` of a final refusal, or undefined without an answer. */
  outcome?: string;
  acceptedAt?: number;
  message_id?: string;
}

/** An operation on a session other than a message. */
export interface Control {
  kind: "delete" | "clear" | "stop";
  user: string;
  session: string;
  sentAt: number;
  /** Time and HTTP status of the response. */
  doneAt?: number;
  status?: number;
}

/** A message in a client's view, from frames or history. */
export interface Shown {
  session: string;
  message_id: string;
  role: "user" | "assistant";
  content: string;
  client_msg_id?: string;
}

/**
 * Everything one client saw. `complete`: it was connected at the end, so its view must equal the transcripts.
 */
export interface ClientRecord {
  name: string;
  user: string;
  frames: readonly Received[];
  faults: readonly string[];
  view: ReadonlyMap<string, Shown>;
  complete: boolean;
  /** Unix ms of its first `connected`. */
  since: number;
}

/** Messages left in a session's log. */
export interface LogEntry {
  user: string;
  session: string;
  seq: number;
}

/** The checker's input, collected when the system is idle. */
export interface History {
  seed: number;
  sends: readonly Send[];
  controls: readonly Control[];
  clients: readonly ClientRecord[];
  turns: readonly Turn[];
  log: readonly LogEntry[];
  /** Response of the history route, by `<user>.<session>`. */
  transcripts: ReadonlyMap<string, readonly HistoryMessage[]>;
  /** Whether replies are `contextDigest`s of the prompt. */
  contextual: boolean;
  /** Messages whose turn may end as failed. */
  mayFail: (content: string) => boolean;
}

/** Key of a session in {@link History}: equal ids of two users are two sessions. */
export function sessionName(of: { user: string; session: string }): string {
  return `${of.user}.${of.session}`;
}
