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

/** Takes completed turns into the index; those that come while a write is under way go together with the next one. */
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

  /** Resolves when the turn can be found, or was erased meanwhile. Safe to repeat. */
  add(event: TurnCompleted): Promise<void> {
    return new Promise((done, fail) => {
      this.#waiting.push({ event, done, fail });
      if (!this.#writing) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#writing = true;
    // One event-loop turn lets all that has arrived come along.
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
    // After the insert: whoever erases a turn empties it first and its rows then, so that one of us removes them.
    const present = await this.#present(events);
    await this.#index.erase(
      rows.filter(({ _id, n }) => !present.has(`${_id.user}.${_id.session}.${n}`)).map(({ _id }) => _id),
    );
  }

  /** Keys of the turns that still hold something. */
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
