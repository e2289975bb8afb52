import type { Collection, Document } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import type { QuotaDocument } from "../../schemas/quota.ts";
import { persist } from "../persist.ts";
import { periodsOf } from "./periods.ts";

interface Used {
  messages: number;
  tokens: number;
}

const stopMs = 1_000;

/**
 * Counts turns that nobody had to ask for. Written beside the turns, all that wait at once: no turn waits for it, and a
 * process that is killed may lose what it had not written.
 */
export class QuotaTally {
  readonly #collection: Collection<QuotaDocument>;
  readonly #log: Logger;
  #waiting = new Map<string, Used>();
  #writing: Promise<void> | undefined;
  #stopped = false;

  constructor(collection: Collection<QuotaDocument>, log: Logger) {
    this.#collection = collection;
    this.#log = log;
  }

  /** Counts messages and their tokens. */
  add(user: string, { messages, tokens }: Used): void {
    const used = this.#waiting.get(user);
    if (used === undefined) this.#waiting.set(user, { messages, tokens });
    else {
      used.messages += messages;
      used.tokens += tokens;
    }
    this.#writing ??= this.#write()
      .catch((err: unknown) => this.#log.error({ err }, "quota not stored"))
      .finally(() => {
        this.#writing = undefined;
      });
  }

  /** Waits a moment until everything is written. */
  async stop(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, stopMs);
    });
    await Promise.race([this.#writing, late]);
    clearTimeout(timer);
    this.#stopped = true;
  }

  async #write(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting];
      this.#waiting = new Map();
      const updates = batch.map(([user, used]) => ({
        updateOne: { filter: { _id: user }, update: [counted(used)], upsert: true },
      }));
      await persist(this.#log, "quota", async () => {
        if (!this.#stopped) await this.#collection.bulkWrite(updates, { ordered: false });
      });
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
