import { randomUUID } from "node:crypto";
import type { Logger } from "../../infra/log.ts";
import type { DocumentWork } from "../../schemas/documents/knowledge.ts";
import type { Limits } from "../../schemas/limits.ts";
import { type ClaimedDocument, leaseMs, type WorkStore } from "./work-store.ts";

/** One attempt at a document's work. `last`: the final attempt. */
export interface WorkRun {
  document: ClaimedDocument;
  last: boolean;
  /** Aborted when the document is deleted, the process stops, or another process takes over the work. */
  signal: AbortSignal;
}

const pollMs = 1_000;
const retryMs = 3_000;
/** Work kinds by priority; re-embedding has the lowest. */
const order = ["announce", "ingest", "embed"] as const satisfies readonly DocumentWork[];

/**
 * Processes documents, `knowledgeJobs` at a time. Fair between users: a free slot goes to the user with the
 * fewest running documents, and a user with a running one gets another only while a third of the slots stays
 * free. Work of a crashed process is restarted by another one when its lease expires.
 */
export class DocumentQueue {
  readonly #store: WorkStore;
  readonly #log: Logger;
  readonly #limits: Pick<Limits, "knowledgeJobs" | "knowledgeAttempts">;
  readonly #running = new Map<string, { user: string; abort: AbortController; done: Promise<void> }>();
  /** Users in the order they were served, most recent last. */
  readonly #served = new Set<string>();
  readonly #stopping = new AbortController();
  #work: (run: WorkRun) => Promise<void> = async () => {};
  #filling: Promise<void> | undefined;
  #again = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: WorkStore, log: Logger, limits: Pick<Limits, "knowledgeJobs" | "knowledgeAttempts">) {
    this.#store = store;
    this.#log = log;
    this.#limits = limits;
  }

  /** Starts processing. Errors of `work` are retried, except on the last attempt. */
  start(work: (run: WorkRun) => Promise<void>): void {
    this.#work = work;
    this.#timer = setInterval(() => this.wake(), pollMs);
    this.wake();
  }

  /** Checks for work now. */
  wake(): void {
    if (this.#stopping.signal.aborted) return;
    this.#again = true;
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = undefined;
    });
  }

  /** Aborts the work on a deleted document. */
  cancel(document: string): void {
    this.#running.get(document)?.abort.abort(new Error("the document was deleted"));
  }

  /** Stops, and releases running work to other processes. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const reason = new Error("process is stopping");
    this.#stopping.abort(reason);
    for (const { abort } of this.#running.values()) abort.abort(reason);
    await this.#filling;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  async #fill(): Promise<void> {
    while (this.#again && !this.#stopping.signal.aborted) {
      this.#again = false;
      try {
        while (this.#running.size < this.#limits.knowledgeJobs && (await this.#claimNext()));
      } catch (err) {
        this.#log.warn({ err }, "claim of knowledge work failed");
      }
    }
  }

  /** Returns whether work was claimed. */
  async #claimNext(): Promise<boolean> {
    for (const work of order)
      for (const user of this.#inTurn(await this.#store.users(work))) {
        if (this.#stopping.signal.aborted) return false;
        const document = await this.#store.claim(user, work, randomUUID());
        if (document === null) continue;
        this.#served.delete(user);
        this.#served.add(user);
        this.#begin(document);
        return true;
      }
    return false;
  }

  /** Users eligible for a slot, in order of priority. */
  #inTurn(users: readonly string[]): string[] {
    const running = new Map<string, number>();
    for (const { user } of this.#running.values()) running.set(user, (running.get(user) ?? 0) + 1);
    for (const user of this.#served)
      if (!users.includes(user) && !running.has(user)) this.#served.delete(user);
    const places = [...this.#served];
    const free = this.#limits.knowledgeJobs - this.#running.size;
    const countOf = (user: string) => running.get(user) ?? 0;
    return users
      .filter((user) => countOf(user) === 0 || free > this.#limits.knowledgeJobs / 3)
      .toSorted((one, other) => countOf(one) - countOf(other) || places.indexOf(one) - places.indexOf(other));
  }

  #begin(document: ClaimedDocument): void {
    const abort = new AbortController();
    const done = this.#run(document, abort).finally(() => {
      this.#running.delete(document._id);
      this.wake();
    });
    this.#running.set(document._id, { user: document.user_id, abort, done });
  }

  async #run(document: ClaimedDocument, abort: AbortController): Promise<void> {
    const stopWatch = this.#watch(document, abort);
    const last = document.attempts >= this.#limits.knowledgeAttempts;
    try {
      await this.#work({ document, last, signal: abort.signal });
      await this.#store.finish(document);
    } catch (err) {
      await this.#giveBack(document, err, last);
    } finally {
      stopWatch();
    }
  }

  async #giveBack(document: ClaimedDocument, err: unknown, last: boolean): Promise<void> {
    const stopped = this.#stopping.signal.aborted;
    if (!stopped) this.#log.warn({ err, document: document._id, last }, "knowledge work failed");
    try {
      if (last && !stopped) await this.#store.finish(document);
      else await this.#store.release(document, stopped ? 0 : retryMs, stopped);
    } catch (cause) {
      // The lease expires.
      this.#log.warn({ err: cause, document: document._id }, "knowledge work not released");
    }
  }

  /** Checks every second that this process still owns the document, and renews the lease in time. */
  #watch(document: ClaimedDocument, abort: AbortController): () => void {
    let renewedAt = performance.now();
    const look = async () => {
      if (!(await this.#store.owns(document))) {
        abort.abort(new Error("the document was deleted or taken over"));
        return;
      }
      if (performance.now() - renewedAt < leaseMs / 4) return;
      await this.#store.renew(document);
      renewedAt = performance.now();
    };
    const timer = setInterval(() => {
      look().catch((err: unknown) => {
        this.#log.debug({ err, document: document._id }, "lease check failed");
        if (performance.now() - renewedAt > leaseMs) abort.abort(new Error("the lease expired"));
      });
    }, pollMs);
    return () => clearInterval(timer);
  }
}
