import type { Collection, Db, Filter } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import { type IndexedMessage, messageIndexCollection } from "../../schemas/documents/message-index.ts";
import { writeBatch } from "./batch-write.ts";

/** Messages of a session below a turn, which a clear or delete hides. */
export interface HiddenBelow {
  session: string;
  n: number;
}

/** Which messages hold certain terms. Written by the search role, emptied by whoever erases a session. */
export class MessageIndex {
  readonly #rows: Collection<IndexedMessage>;
  readonly #log: Logger;

  constructor(db: Db, log: Logger) {
    this.#log = log;
    this.#rows = db.collection<IndexedMessage>(messageIndexCollection);
  }

  /** Makes the indexes; safe to repeat. */
  async createIndexes(): Promise<void> {
    await this.#rows.createIndexes([
      { key: { "_id.user": 1, terms: 1, at: -1 } },
      { key: { "_id.user": 1, "_id.session": 1, n: 1 } },
    ]);
  }

  /** Adds messages. One that is there, or was replaced, stays as it is. */
  async add(rows: readonly IndexedMessage[]): Promise<void> {
    await writeBatch(this.#log, "message index", rows, (some) => {
      const writes = some.map(({ _id, ...fields }) => ({
        updateOne: { filter: { _id }, update: { $setOnInsert: fields }, upsert: true },
      }));
      return this.#rows.bulkWrite(writes, { ordered: false, writeConcern: { w: 1 } });
    });
  }

  /** Whether a message is there. */
  async has(_id: IndexedMessage["_id"]): Promise<boolean> {
    return (await this.#rows.findOne({ _id }, { projection: { _id: 1 } })) !== null;
  }

  /** A reply was replaced: it is not found any more, also when its own event comes only now. */
  async replaced(messages: readonly IndexedMessage["_id"][]): Promise<void> {
    const nothing = { n: 0, role: "assistant" as const, at: 0, text: "", terms: [] };
    await writeBatch(this.#log, "message index", messages, (some) => {
      const writes = some.map((_id) => ({
        updateOne: { filter: { _id }, update: { $set: nothing }, upsert: true },
      }));
      return this.#rows.bulkWrite(writes, { ordered: false });
    });
  }

  /** Erases the messages of a session below turn n. */
  async eraseBelow(user: string, session: string, n: number): Promise<void> {
    await this.#rows.deleteMany({ "_id.user": user, "_id.session": session, n: { $lt: n } } as object);
  }

  /** Erases these messages. */
  async erase(ids: readonly IndexedMessage["_id"][]): Promise<void> {
    if (ids.length > 0) await this.#rows.deleteMany({ _id: { $in: [...ids] } });
  }

  /** How many messages of a user hold a term; counting ends at `enough`. */
  async frequency(user: string, term: string, enough: number): Promise<number> {
    return this.#rows.countDocuments({ "_id.user": user, terms: term } as object, { limit: enough });
  }

  /** How many messages hold all terms, and the text besides where it is given. */
  async count(user: string, wanted: Wanted): Promise<number> {
    return this.#rows.countDocuments(filterOf(user, wanted));
  }

  /** Messages that hold all terms, newest first. */
  newest(user: string, wanted: Wanted, skip: number, limit: number): Promise<IndexedMessage[]> {
    return this.#rows
      .find(filterOf(user, wanted), { projection: { terms: 0 } })
      .sort({ at: -1 })
      .skip(skip)
      .limit(limit)
      .toArray();
  }
}

/** What a message must be; the rarest term first, for the index is read by it. */
export interface Wanted {
  terms: readonly string[];
  /** Normalized text that it must hold literally. */
  literal?: string;
  hidden: readonly HiddenBelow[];
}

function filterOf(user: string, { terms, literal, hidden }: Wanted): Filter<IndexedMessage> {
  return {
    "_id.user": user,
    $and: terms.map((term) => ({ terms: term })),
    ...(hidden.length > 0 && {
      $nor: hidden.map(({ session, n }) => ({ "_id.session": session, n: { $lt: n } })),
    }),
    // Compared as text: what a user typed is no pattern and no expression.
    ...(literal !== undefined && {
      $expr: { $gte: [{ $indexOfCP: ["$text", { $literal: literal }] }, 0] },
    }),
  } as object;
}
