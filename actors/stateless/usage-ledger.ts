import { setTimeout as delay } from "node:timers/promises";
import type { Collection, Db } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import { collections } from "../../schemas/documents/collections.ts";
import type { UsageDocument } from "../../schemas/documents/usage.ts";
import type { Usage } from "../../schemas/wire/openai.ts";
import { writeBatch } from "../storage/batch-write.ts";

const retryMs = 1_000;
// A disconnected MongoDB answers only after seconds, and other shutdown steps follow.
const stopMs = 1_000;
// Maximum (user, model) pairs buffered while MongoDB is unavailable.
const maxWaiting = 10_000;

/**
 * Sums up the usage of turns and writes it asynchronously. Failed writes are retried until the process stops;
 * a write whose answer was lost may count twice.
 */
export class UsageLedger {
  readonly #collection: Collection<UsageDocument>;
  readonly #log: Logger;
  #waiting = new Map<string, UsageDocument>();
  /** The batch being written. */
  #batch: UsageDocument[] = [];
  #writing: Promise<void> | undefined;
  #stop = new AbortController();

  constructor(db: Db, log: Logger) {
    this.#collection = db.collection<UsageDocument>(collections.usage);
    this.#log = log;
  }

  /** Counts one turn. */
  add(user: string, model: string, usage: Pick<Usage, "prompt_tokens" | "completion_tokens">): void {
    const day = new Date().toISOString().slice(0, 10);
    const { prompt_tokens, completion_tokens } = usage;
    this.#merge({ _id: { user, day, model }, turns: 1, prompt_tokens, completion_tokens });
    this.#writing ??= this.#write();
  }

  /** Flushes pending usage, waiting at most a second; logs what is lost. */
  async stop(): Promise<void> {
    this.#stop.abort();
    const flushed = new AbortController();
    const late = delay(stopMs, undefined, { signal: flushed.signal }).catch(() => {});
    await Promise.race([this.#writing, late]);
    flushed.abort();
    for (const lost of [...this.#batch, ...this.#waiting.values()])
      this.#log.error({ usage: lost }, "usage not stored");
  }

  #merge(entry: UsageDocument): void {
    const key = JSON.stringify(Object.values(entry._id));
    const pending = this.#waiting.get(key);
    if (pending !== undefined) {
      pending.turns += entry.turns;
      pending.prompt_tokens += entry.prompt_tokens;
      pending.completion_tokens += entry.completion_tokens;
    } else if (this.#waiting.size < maxWaiting) this.#waiting.set(key, entry);
    else this.#log.error({ usage: entry }, "usage not stored");
  }

  async #write(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting.values()];
      this.#waiting = new Map();
      this.#batch = batch;
      try {
        await writeBatch(this.#log, "usage", batch, (some) =>
          this.#collection.bulkWrite(some.map(toUpdate), { ordered: false }),
        );
        this.#batch = [];
      } catch (err) {
        this.#log.warn({ err, entries: batch.length }, "usage not stored, retrying");
        this.#batch = [];
        for (const entry of batch) this.#merge(entry);
        if (this.#stop.signal.aborted) break;
        await delay(retryMs, undefined, { signal: this.#stop.signal }).catch(() => {});
      }
    }
    this.#writing = undefined;
  }
}

function toUpdate({ _id, ...counts }: UsageDocument) {
  return { updateOne: { filter: { _id }, update: { $inc: counts }, upsert: true } };
}
