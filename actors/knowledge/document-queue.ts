import { randomUUID } from "node:crypto";
import type { Logger } from "../../infra/log.ts";
import type { DocumentWork } from "../../schemas/documents/knowledge.ts";
import type { Limits } from "../../schemas/limits.ts";
import { type ClaimedDocument, leaseMs, type WorkStore } from "./work-store.ts";

/** One attempt at a document's work. `last`: there is no further one. */
export interface WorkRun {
  document: ClaimedDocument;
  last: boolean;
  /** Aborts when the document is deleted, the process stops, or another process has taken the work over. */
  signal: AbortSignal;
}

const pollMs = 1_000;
const retryMs = 3_000;
/** New vectors wait until nothing else is to be done. */
const order = ["announce", "ingest", "embed"] as const satisfies readonly DocumentWork[];

/**
 * Works on documents, `knowledgeJobs` at a time. Users take turns: a free place goes to the user with the fewest running
 * documents, and a user who has one running gets another only while a third of the places stays free. What a process that
 * died had begun is begun again by another when its lease expires.
 */
export class DocumentQueue {
  readonly #store: WorkStore;
  readonly #log: Logger;
  readonly #limits: Pick<Limits, "knowledgeJobs" | "knowledgeAttempts">;
  readonly #running = new Map<string, { user: string; abort: AbortController; done: Promise<void> }>();
  /** Users in the order in which they were served, the last one at the end. */
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

  /** Begins to work. What `work` throws is tried again, unless it was the last attempt. */
  start(work: (run: WorkRun) => Promise<void>): void {
    this.#work = work;
    this.#timer = setInterval(() => this.wake(), pollMs);
    this.wake();
  }

  /** Looks for work now. */
  wake(): void {
    if (this.#stopping.signal.aborted) return;
    this.#again = true;
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = undefined;
    });
  }

  /** Ends the work on a document that is gone. */
  cancel(document: string): void {
    this.#running.get(document)?.abort.abort(new Error("the document was deleted"));
  }

  /** Gives back what runs. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const reason = new Error("the process stops");
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
        this.#log.warn({ err }, "knowledge work not claimed");
      }
    }
  }

  /** Whether there was something to claim. */
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

  /** Users who may have a place, in the order in which they get it. */
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
      // Its lease expires.
      this.#log.warn({ err: cause, document: document._id }, "knowledge work not given back");
    }
  }

  /** Looks each second whether the document is still there, and renews its lease in time. */
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
        this.#log.debug({ err, document: document._id }, "lease not looked at");
        if (performance.now() - renewedAt > leaseMs) abort.abort(new Error("the lease expired"));
      });
    }, pollMs);
    return () => clearInterval(timer);
  }
}
