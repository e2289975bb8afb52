import type { Collection, Document } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import type { QuotaDocument } from "../../schemas/documents/quota.ts";
import { writeBatch } from "../storage/batch-write.ts";
import { periodsOf } from "./periods.ts";

interface Used {
  messages: number;
  tokens: number;
}

const stopMs = 1_000;
/** Interval between two writes, ms. Each write is an fsync that the writes of turns would queue behind. */
const gatherMs = 500;

/**
 * Counts turns when no limits are set. The first count is written at once, later ones are batched; turns
 * never wait. A killed process loses the counts it has not written yet.
 */
export class QuotaTally {
  readonly #collection: Collection<QuotaDocument>;
  readonly #log: Logger;
  #waiting = new Map<string, Used>();
  #writing: Promise<void> | undefined;
  #stopping = false;
  #stopped = false;
  #flushNow: () => void = () => {};

  constructor(collection: Collection<QuotaDocument>, log: Logger) {
    this.#collection = collection;
    this.#log = log;
  }

  /** Adds messages and tokens to a user's count. */
  add(user: string, { messages, tokens }: Used): void {
    const used = this.#waiting.get(user);
    if (used === undefined) this.#waiting.set(user, { messages, tokens });
    else {
      used.messages += messages;
      used.tokens += tokens;
    }
    this.#writing ??= this.#write()
      .catch((err: unknown) => this.#log.error({ err }, "quota counts not stored"))
      .finally(() => {
        this.#writing = undefined;
      });
  }

  /** Flushes pending counts, waiting at most a second. */
  async stop(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    this.#stopping = true;
    this.#flushNow();
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, stopMs);
    });
    await Promise.race([this.#writing, late]);
    clearTimeout(timer);
    this.#stopped = true;
  }

  async #gather(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#flushNow = resolve;
      timer = setTimeout(resolve, gatherMs);
    });
    clearTimeout(timer);
  }

  async #write(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting];
      this.#waiting = new Map();
      await writeBatch(this.#log, "quota", batch, async (some) => {
        const updates = some.map(([user, used]) => ({
          updateOne: { filter: { _id: user }, update: [counted(used)], upsert: true },
        }));
        if (!this.#stopped) await this.#collection.bulkWrite(updates, { ordered: false });
      });
      if (!this.#stopping) await this.#gather();
    }
  }
}

function counted({ messages, tokens }: Used): { $set: Document } {
  const periods = periodsOf(new Date());
  const plus = (name: "day" | "month") => {
    const { key } = periods[name];
    const before = (field: string) => ({
      $cond: [{ $eq: [`$${name}.key`, key] }, `$${name}.${field}`, 0],
    });
    return {
      key,
      messages: { $add: [before("messages"), messages] },
      tokens: { $add: [before("tokens"), tokens] },
    };
  };
  return { $set: { day: plus("day"), month: plus("month"), holds: { $ifNull: ["$holds", []] } } };
}
