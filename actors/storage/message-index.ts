import type { Collection, Db, Filter } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import { type IndexedMessage, messageIndexCollection } from "../../schemas/documents/message-index.ts";
import { writeBatch } from "./batch-write.ts";

/** The messages of a session below a turn, hidden by a clear or delete. */
export interface HiddenBelow {
  session: string;
  n: number;
}

/**
 * Full-text index of messages. Written by the search role; rows are removed by the code that erases a
 * session.
 */
export class MessageIndex {
  readonly #rows: Collection<IndexedMessage>;
  readonly #log: Logger;

  constructor(db: Db, log: Logger) {
    this.#log = log;
    this.#rows = db.collection<IndexedMessage>(messageIndexCollection);
  }

  /** Creates the indexes; idempotent. */
  async createIndexes(): Promise<void> {
    await this.#rows.createIndexes([
      { key: { "_id.user": 1, terms: 1, at: -1 } },
      { key: { "_id.user": 1, "_id.session": 1, n: 1 } },
    ]);
  }

  /** Adds messages; existing and replaced ones are left unchanged. */
  async add(rows: readonly IndexedMessage[]): Promise<void> {
    await writeBatch(this.#log, "message index", rows, (some) => {
      const writes = some.map(({ _id, ...fields }) => ({
        updateOne: { filter: { _id }, update: { $setOnInsert: fields }, upsert: true },
      }));
      return this.#rows.bulkWrite(writes, { ordered: false, writeConcern: { w: 1 } });
    });
  }

  /** Whether a message is indexed. */
  async has(_id: IndexedMessage["_id"]): Promise<boolean> {
    return (await this.#rows.findOne({ _id }, { projection: { _id: 1 } })) !== null;
  }

  /** Marks replies as replaced: they are no longer found, also when their own event arrives later. */
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

  /** Erases messages by id. */
  async erase(ids: readonly IndexedMessage["_id"][]): Promise<void> {
    if (ids.length > 0) await this.#rows.deleteMany({ _id: { $in: [...ids] } });
  }

  /** Number of a user's messages that contain a term; stops counting at `enough`. */
  async frequency(user: string, term: string, enough: number): Promise<number> {
    return this.#rows.countDocuments({ "_id.user": user, terms: term } as object, { limit: enough });
  }

  /** Number of messages that contain all terms and, if set, the literal text. */
  async count(user: string, wanted: Wanted): Promise<number> {
    return this.#rows.countDocuments(filterOf(user, wanted));
  }

  /** Messages that contain all terms, newest first. */
  newest(user: string, wanted: Wanted, skip: number, limit: number): Promise<IndexedMessage[]> {
    return this.#rows
      .find(filterOf(user, wanted), { projection: { terms: 0 } })
      .sort({ at: -1 })
      .skip(skip)
      .limit(limit)
      .toArray();
  }
}

/** Conditions on a message. The rarest term comes first, because the index scan uses it. */
export interface Wanted {
  terms: readonly string[];
  /** Normalized text that the message must contain literally. */
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
    // Compared as a string, so that user input is never interpreted as a pattern or expression.
    ...(literal !== undefined && {
      $expr: { $gte: [{ $indexOfCP: ["$text", { $literal: literal }] }, 0] },
    }),
  } as object;
}
