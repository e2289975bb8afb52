import type { Turn } from "../../../schemas/documents/collections.ts";
import type { HistoryMessage } from "../../../schemas/documents/message.ts";
import type { Frame } from "../clients/chain.ts";

/** A frame as a client got it. `connection` counts its connections from 1; `at` is Unix milliseconds. */
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
  /** Place in the order in which this client sent, over all sessions. */
  index: number;
  sentAt: number;
  /** How often it went over a socket; more than 1 after a lost connection or a refusal. */
  transmissions: number;
  /** `accepted`, the `errorType` that refused it for good, or undefined where no answer came. */
  outcome?: string;
  acceptedAt?: number;
  message_id?: string;
}

/** Something that was done to a session beside its messages. */
export interface Control {
  kind: "delete" | "clear" | "stop";
  user: string;
  session: string;
  sentAt: number;
  /** Time and HTTP status of the answer. */
  doneAt?: number;
  status?: number;
}

/** A message as a client shows it, from frames or from history. */
export interface Shown {
  session: string;
  message_id: string;
  role: "user" | "assistant";
  content: string;
  client_msg_id?: string;
}

/** All that one client saw. `complete`: it was connected at the end, so its view must equal the transcripts. */
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

/** What is still in a session's log. */
export interface LogEntry {
  user: string;
  session: string;
  seq: number;
}

/** Everything the checker looks at, after the system has come to rest. */
export interface History {
  seed: number;
  sends: readonly Send[];
  controls: readonly Control[];
  clients: readonly ClientRecord[];
  turns: readonly Turn[];
  log: readonly LogEntry[];
  /** Answer of the history route, by `<user>.<session>`. */
  transcripts: ReadonlyMap<string, readonly HistoryMessage[]>;
  /** Whether replies are `contextDigest`s of what the model was given. */
  contextual: boolean;
  /** Messages whose turn may end as failed. */
  mayFail: (content: string) => boolean;
}

/** Key of a session in {@link History}: the same id of two users is two sessions. */
export function sessionName(of: { user: string; session: string }): string {
  return `${of.user}.${of.session}`;
}
