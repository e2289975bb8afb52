import type { Bus } from "../../infra/bus/bus.ts";
import type { Listening } from "../../infra/bus/listen.ts";

/** One message of the log, as an actor gets it. */
export interface LogEntry {
  /** Sequence in the stream: the order of the log. */
  seq: number;
  subject: string;
  data: Uint8Array;
  /** How this process came by the message: it was new, or it was already there when the partition was taken. */
  arrival: Arrival;
}

/**
 * - `live`: published while this process owned the partition.
 * - `moved`: handed over by a living owner; `attempt` is what the run had shown that was cut short, if one was.
 * - `takeover`: the owner before was gone, and the message may be the reason.
 */
export type Arrival = { kind: "live" } | { kind: "moved"; attempt?: number } | { kind: "takeover" };

/** A run that was cut short for a planned move, with the attempt that its frames have shown. */
export interface AbortedRun {
  seq: number;
  attempt: number;
}

/** An actor of one key (a session, a device, a rule): it takes its messages one after another. */
export interface KeyedActor {
  /** Takes a message. They come in the order of the log; the same one may come again. */
  deliver(entry: LogEntry): void;
  /** Starts nothing more, and resolves when what runs is committed, or cut short by `cut`. */
  quiesce(cut: AbortSignal): Promise<AbortedRun[]>;
  /** The partition belongs to somebody else: nothing that this actor does may be seen from now on. */
  abandon(): void;
  /** Whether it has nothing to do and has not been used since `before` (`performance.now()`). */
  isIdle(before: number): boolean;
}

/** What tells one kind of keyed actor from another. */
export interface KeyedGroup {
  /** Name in heartbeats and metrics. */
  name: string;
  stream: string;
  partitions: number;
  /** Subject filter of a partition. */
  filter(partition: number): string;
  /** Key of a subject, or null for one that is none of the group's. */
  keyOf(subject: string): string | null;
  create(key: string): KeyedActor;
  /** First sequence of a partition that is not finished; without it, a log is read from its beginning. */
  from?(partition: number): Promise<number>;
  /** Serves what concerns all actors of this process; `actors` lists those in memory. Called once. */
  hosted?(actors: () => Iterable<KeyedActor>): void;
  /** Makes what died with the server anew, after a reconnect. */
  restore?(): Promise<void>;
  /** Serves the requests to the owner of a partition; `actor` finds one that is in memory, or makes it. */
  serve(bus: Bus, partition: number, actor: (key: string) => KeyedActor): Listening;
}
