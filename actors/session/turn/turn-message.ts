import type { Turn } from "../../../schemas/documents/collections.ts";
import type { QueueSlot } from "../../../schemas/documents/session-queue.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { Arrival } from "../../runtime/keyed-actor.ts";
import type { Transcript } from "../transcript/transcript.ts";

/** The message of a turn, as passed by the session actor. */
export interface TurnMessage {
  /** Log sequence. */
  seq: number;
  arrival: Arrival;
  input: SessionInput;
  /** Stopped or removed from the queue before the turn started: no model is requested. */
  cancelled: boolean;
  /** The queue slot, if it was changed. */
  slot?: QueueSlot;
  /** The turn failed too often in this process: it is committed as failed without a model request. */
  exhausted: boolean;
}

/** Interface of the session actor to its turns. Only the actor changes the transcript and the queue. */
export interface TurnHost {
  /** The transcript, reloaded if another process may have changed it. */
  transcript(): Promise<Transcript>;
  /** Forces a reload at the next {@link transcript}. */
  invalidate(): void;
  /** Called before the first frame of the reply is sent. */
  replyBegins(): void;
  /** Appends a committed turn; returns whether it created the session. `own`: inserted by this run. */
  append(turn: Turn, own: boolean): boolean;
  /** Tracks effects being published; the next turn does not wait for them. */
  publishing(turn: Turn, effects: Promise<void>): void;
  /** Whether the actor is about to lose its partition. */
  readonly leaving: boolean;
}
