import type { Collection, Db } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import { collections, type Turn, turnKey } from "../../schemas/documents/collections.ts";
import type { IndexedMessage } from "../../schemas/documents/message-index.ts";
import type { TurnCompleted } from "../../schemas/messages/event.ts";
import type { MessageIndex } from "../storage/message-index.ts";
import { persist } from "../storage/persist.ts";
import { indexTerms, normalize } from "./search-terms.ts";

interface Waiting {
  event: TurnCompleted;
  done(): void;
  fail(reason: unknown): void;
}

const batchSize = 200;

/** Indexes completed turns; those that arrive during a write are batched into the next. */
export class IndexWriter {
  readonly #index: MessageIndex;
  readonly #turns: Collection<Turn>;
  readonly #log: Logger;
  #waiting: Waiting[] = [];
  #writing = false;

  constructor(db: Db, index: MessageIndex, log: Logger) {
    this.#index = index;
    this.#turns = db.collection<Turn>(collections.turns);
    this.#log = log;
  }

  /** Resolves when the turn is searchable, or was erased meanwhile. Idempotent. */
  add(event: TurnCompleted): Promise<void> {
    return new Promise((done, fail) => {
      this.#waiting.push({ event, done, fail });
      if (!this.#writing) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#writing = true;
    // Yields one event-loop turn, so that all events already received join the batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchSize);
      try {
        await persist(this.#log, "message index", () => this.#take(batch.map(({ event }) => event)));
        for (const { done } of batch) done();
      } catch (err) {
        for (const { fail } of batch) fail(err);
      }
    }
    this.#writing = false;
  }

  async #take(events: readonly TurnCompleted[]): Promise<void> {
    const rows = events.flatMap(rowsOf);
    await this.#index.add(rows);
    await this.#index.replaced(
      events.flatMap(({ user, session, replaces }) =>
        replaces === undefined ? [] : [{ user, session, message_id: replaces }],
      ),
    );
    // After the insert: an eraser empties the turn first and then its rows, so one of the two removes them.
    const present = await this.#present(events);
    await this.#index.erase(
      rows.filter(({ _id, n }) => !present.has(`${_id.user}.${_id.session}.${n}`)).map(({ _id }) => _id),
    );
  }

  /** Keys of the turns that still have content. */
  async #present(events: readonly TurnCompleted[]): Promise<Set<string>> {
    const ids = events.map(({ user, session, n }) => turnKey(user, session, n));
    const turns = await this.#turns
      .find({ _id: { $in: ids }, blanked: { $exists: false } }, { projection: { _id: 1 } })
      .toArray();
    return new Set(turns.map(({ _id }) => `${_id.user}.${_id.session}.${_id.n}`));
  }
}

function rowsOf({ user, session, n, messages }: TurnCompleted): IndexedMessage[] {
  return messages.flatMap(({ message_id, role, content, created_at }) => {
    const text = normalize(content);
    const terms = indexTerms(text);
    if (terms.length === 0) return [];
    return [{ _id: { user, session, message_id }, n, role, at: created_at, text, terms }];
  });
}
