import type { JetStreamManager } from "@nats-io/jetstream";
import type { Logger } from "../../../infra/log.ts";
import { streams, subjects } from "../../../schemas/messages/subjects.ts";

/**
 * Delay before a purge: one purge covers all finished messages of a session and costs the server about 1 ms.
 */
const lazyMs = 2_500;
const sweepMs = 100;
const purgesInFlight = 8;

interface PendingPurge {
  user: string;
  session: string;
  seq: number;
  at: number;
}

/**
 * Removes finished messages from the log. Until then they count against the session's queue, so a session
 * close to its bound asks for an immediate purge. A lost purge is harmless: the next owner finds the message
 * finished.
 */
export class Trimmer {
  readonly #jsm: JetStreamManager;
  readonly #log: Logger;
  readonly #due = new Map<string, PendingPurge>();
  readonly #running = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(jsm: JetStreamManager, log: Logger) {
    this.#jsm = jsm;
    this.#log = log;
  }

  /** Starts the sweep. */
  start(): void {
    this.#timer = setInterval(() => this.#sweep(performance.now()), sweepMs);
  }

  /** Stops the sweep after a final purge of all finished messages. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#sweep(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    await Promise.all(this.#running);
  }

  /** All messages of the session up to `seq` are finished and their effects published. */
  finished(user: string, session: string, seq: number, urgent: boolean): void {
    const key = `${user}.${session}`;
    const due = this.#due.get(key);
    const at = urgent ? 0 : performance.now() + lazyMs;
    if (due === undefined) this.#due.set(key, { user, session, seq, at });
    else {
      due.seq = Math.max(due.seq, seq);
      due.at = Math.min(due.at, at);
    }
  }

  /** Removes one message that is answered without a turn (a repetition, an out-of-queue command). */
  async remove(seq: number): Promise<void> {
    try {
      await this.#jsm.streams.deleteMessage(streams.sessions, seq, false);
    } catch (err) {
      // Already deleted, or retried by the next owner.
      this.#log.debug({ err, seq }, "message not deleted from session log");
    }
  }

  #sweep(now: number, inFlight = purgesInFlight): void {
    for (const [key, due] of this.#due) {
      if (this.#running.size >= inFlight) return;
      if (due.at > now) continue;
      this.#due.delete(key);
      const purge = this.#purge(due).finally(() => this.#running.delete(purge));
      this.#running.add(purge);
    }
  }

  async #purge({ user, session, seq }: PendingPurge): Promise<void> {
    try {
      await this.#jsm.streams.purge(streams.sessions, {
        filter: subjects.sessionIn(user, session),
        seq: seq + 1,
      });
    } catch (err) {
      this.#log.warn({ err, user, session, seq }, "session log purge failed");
      this.finished(user, session, seq, false);
    }
  }
}
