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
/** Between two writes. Each is an fsync that the turns' own writes would wait behind. */
const gatherMs = 500;

/**
 * Counts turns that nobody had to ask for. The first is written at once, what comes after it is gathered: no turn waits
 * for it, and a process that is killed may lose what it had not written.
 */
export class QuotaTally {
  readonly #collection: Collection<QuotaDocument>;
  readonly #log: Logger;
  #waiting = new Map<string, Used>();
  #writing: Promise<void> | undefined;
  #stopping = false;
  #stopped = false;
  #hurry: () => void = () => {};

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
    this.#stopping = true;
    this.#hurry();
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
      this.#hurry = resolve;
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
