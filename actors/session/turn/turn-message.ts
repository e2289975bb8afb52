import type { Turn } from "../../../schemas/documents/collections.ts";
import type { QueueSlot } from "../../../schemas/documents/session-queue.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { Arrival } from "../../runtime/keyed-actor.ts";
import type { Transcript } from "../transcript/transcript.ts";

/** The message that a turn answers, as its actor hands it over. */
export interface TurnMessage {
  /** Its sequence in the log. */
  seq: number;
  arrival: Arrival;
  input: SessionInput;
  /** Stopped or taken out of the queue before the turn began: no model is asked. */
  cancelled: boolean;
  /** The place of the queue, where that was changed. */
  slot?: QueueSlot;
  /** Its turn has failed too often in this process: it is committed as failed, without asking a model. */
  exhausted: boolean;
}

/** What a turn needs of the actor it runs in. Only the actor changes the transcript and the queue. */
export interface TurnHost {
  /** The transcript, loaded again where another process may have changed it. */
  transcript(): Promise<Transcript>;
  /** Makes the next {@link transcript} load again. */
  invalidate(): void;
  /** Frames of the reply are about to go out. */
  replyBegins(): void;
  /** Takes a committed turn into the transcript; returns whether it created the session. `own`: this run inserted it. */
  append(turn: Turn, own: boolean): boolean;
  /** The effects of the turn are being published; the next turn does not wait for them. */
  publishing(turn: Turn, effects: Promise<void>): void;
  /** Whether the actor is about to lose its partition. */
  readonly leaving: boolean;
}
