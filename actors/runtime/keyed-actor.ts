import type { Bus } from "../../infra/bus/bus.ts";
import type { Listening } from "../../infra/bus/listen.ts";

/** A log message as delivered to an actor. */
export interface LogEntry {
  /** Stream sequence, which defines the log order. */
  seq: number;
  subject: string;
  data: Uint8Array;
  /** Whether the message was published live, or was in the log when the partition was taken. */
  arrival: Arrival;
}

/**
 * - `live`: published while this process owned the partition.
 * - `moved`: handed over by a live owner; `attempt`: last attempt of its aborted run, if any.
 * - `takeover`: the previous owner crashed, possibly because of this message.
 */
export type Arrival = { kind: "live" } | { kind: "moved"; attempt?: number } | { kind: "takeover" };

/** A run aborted for a planned move, with the attempt number in its frames. */
export interface AbortedRun {
  seq: number;
  attempt: number;
}

/** An actor of one key (a session, a device, a rule), which processes its messages sequentially. */
export interface KeyedActor {
  /** Delivers a message, in log order; messages may be redelivered. */
  deliver(entry: LogEntry): void;
  /** Starts no more work; resolves when running work is committed or aborted by `cut`. */
  quiesce(cut: AbortSignal): Promise<AbortedRun[]>;
  /** The partition was lost: the actor must produce no more output. */
  abandon(): void;
  /** Whether it is idle and unused since `before` (`performance.now()`). */
  isIdle(before: number): boolean;
}

/** Definition of a kind of keyed actors. */
export interface KeyedGroup {
  /** Name in heartbeats and metrics. */
  name: string;
  stream: string;
  partitions: number;
  /** Subject filter of a partition. */
  filter(partition: number): string;
  /** Key of a subject, or null for a subject outside the group. */
  keyOf(subject: string): string | null;
  create(key: string): KeyedActor;
  /** First unfinished sequence of a partition; by default, a log is read from its beginning. */
  from?(partition: number): Promise<number>;
  /** Serves requests about all actors of this process; `actors` lists those in memory. Called once. */
  hosted?(actors: () => Iterable<KeyedActor>): void;
  /** Re-creates server state (such as streams) after a reconnect. */
  restore?(): Promise<void>;
  /** Serves requests to the owner of a partition; `actor` returns the actor in memory, or creates it. */
  serve(bus: Bus, partition: number, actor: (key: string) => KeyedActor): Listening;
}
