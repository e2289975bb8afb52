import { failpoint } from "../../../infra/failpoint.ts";
import type { QueueState } from "../../../schemas/documents/session-queue.ts";
import type { Limits } from "../../../schemas/limits.ts";
import { trimmableTo } from "../transcript/queue-state.ts";
import type { Trimmer } from "../transcript/trimmer.ts";
import type { Mailbox } from "./mailbox.ts";

interface Deps {
  trimmer: Pick<Trimmer, "finished">;
  limits: Pick<Limits, "sessionQueue">;
}

interface Session {
  readonly user: string;
  readonly session: string;
  readonly mailbox: Mailbox;
}

/** Effects of a session's turns in flight; the log is trimmed after each of them, in order. */
export class PendingEffects {
  readonly #deps: Deps;
  readonly #session: Session;
  #published: Promise<void> = Promise.resolve();
  #count = 0;
  #finishedSinceTrim = 0;
  #settledTo = Number.POSITIVE_INFINITY;

  constructor(deps: Deps, session: Session) {
    this.#deps = deps;
    this.#session = session;
  }

  /** Resolves when all effects added so far are published. */
  get published(): Promise<void> {
    return this.#published;
  }

  /** Place up to which effects were added here, or needed none when this process began to read the log. */
  get settledTo(): number {
    return this.#settledTo;
  }

  /** The log was delivered from `seq` on: what stood before is settled. */
  readFrom(seq: number): void {
    this.#settledTo = Math.min(this.#settledTo, seq - 1);
  }

  /** How many are not published yet. */
  get count(): number {
    return this.#count;
  }

  /** Trims up to `seq` once these and all earlier effects are published; the next turn does not wait. */
  add(seq: number, effects: Promise<void>, queue?: QueueState): void {
    this.#count += 1;
    this.#settledTo = Math.max(this.#settledTo, seq);
    this.#published = Promise.all([this.#published, effects]).then(() => {
      failpoint("after_publish");
      this.#count -= 1;
      this.#finishedSinceTrim += 1;
      const { user, session, mailbox } = this.#session;
      const urgent = this.#finishedSinceTrim + mailbox.size > this.#deps.limits.sessionQueue / 2;
      if (urgent) this.#finishedSinceTrim = 0;
      this.#deps.trimmer.finished(user, session, trimmableTo(seq, queue), urgent);
    });
  }
}
