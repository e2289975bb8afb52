import type { Collection, Db } from "mongodb";
import type { z } from "zod";
import {
  collections,
  type SessionDocument,
  type Turn,
  turnKey,
} from "../../schemas/documents/collections.ts";
import type { IndexedMessage } from "../../schemas/documents/message-index.ts";
import type { searchMessages } from "../../schemas/routes/search.ts";
import type { HiddenBelow, MessageIndex, Wanted } from "../storage/message-index.ts";
import { excerpt } from "./excerpt.ts";
import { rank, type WeightedTerm } from "./ranking.ts";
import { normalize, queryTerms } from "./search-terms.ts";

const majority = { readConcern: { level: "majority" } } as const;
/** Number of newest matches that are ranked; older ones follow by time. */
const ranked = 1_000;
const enough = 20_000;
const noTitle = "新的对话";

type Answer = z.input<typeof searchMessages.answer>;
type Result = Answer["results"][number];

/** A search query. */
export interface SearchQuery {
  q: string;
  limit: number;
  offset: number;
}

/** Searches the messages of one user. The index yields candidates; results are read from the turns. */
export class MessageSearch {
  readonly #index: MessageIndex;
  readonly #turns: Collection<Turn>;
  readonly #sessions: Collection<SessionDocument>;
  readonly #answerBytes: number;

  /** `answerBytes` bounds the text of one answer: long messages are cut to an excerpt around the match. */
  constructor(db: Db, index: MessageIndex, answerBytes: number) {
    this.#index = index;
    this.#turns = db.collection<Turn>(collections.turns);
    this.#sessions = db.collection<SessionDocument>(collections.sessions);
    this.#answerBytes = answerBytes;
  }

  /** Creates the index that finds replaced replies; idempotent. */
  async createIndexes(): Promise<void> {
    await this.#turns.createIndex(
      { "_id.user": 1, replaces: 1 },
      { partialFilterExpression: { replaces: { $exists: true } } },
    );
  }

  /** Returns one page of results, best first. */
  async search(user: string, { q, limit, offset }: SearchQuery): Promise<Answer> {
    const query = normalize(q);
    const { words, characters } = queryTerms(query);
    const [hidden, terms] = await Promise.all([this.#hidden(user), this.#weigh(user, words)]);
    for (;;) {
      let found = await this.#find(user, query, { terms, hidden }, offset, limit);
      // Chinese text may be segmented differently in context: fall back to its characters and the literal
      // query.
      if (found.total === 0 && characters.some((term) => !words.includes(term))) {
        const finer = await this.#weigh(user, characters);
        found = await this.#find(user, query, { terms: finer, literal: query, hidden }, offset, limit);
      }
      const { results, stale } = await this.#results(user, query, found.rows);
      if (stale.length === 0) return { results, total: found.total, query: q, limit, offset };
      // Turns erased after indexing whose rows are not yet removed.
      await this.#index.erase(stale);
    }
  }

  async #find(
    user: string,
    query: string,
    { terms, literal, hidden }: { terms: readonly WeightedTerm[]; literal?: string; hidden: HiddenBelow[] },
    offset: number,
    limit: number,
  ): Promise<{ total: number; rows: IndexedMessage[] }> {
    if (terms.length === 0) return { total: 0, rows: [] };
    const wanted: Wanted = {
      terms: terms.map(({ term }) => term),
      hidden,
      ...(literal !== undefined && { literal }),
    };
    const newest = await this.#index.newest(user, wanted, 0, ranked);
    const rows = rank(newest, query, terms).slice(offset, offset + limit);
    if (newest.length < ranked) return { total: newest.length, rows };
    const [total, older] = await Promise.all([
      this.#index.count(user, wanted),
      rows.length < limit
        ? this.#index.newest(user, wanted, Math.max(ranked, offset), limit - rows.length)
        : [],
    ]);
    return { total, rows: [...rows, ...older] };
  }

  /** Weighs terms by rarity and sorts them, rarest first. */
  async #weigh(user: string, terms: readonly string[]): Promise<WeightedTerm[]> {
    const [only] = terms;
    if (terms.length === 1 && only !== undefined) return [{ term: only, weight: 1 }];
    const weighted = await Promise.all(
      terms.map(async (term) => {
        const frequency = await this.#index.frequency(user, term, enough);
        return { term, frequency, weight: Math.log(1 + enough / (frequency + 1)) };
      }),
    );
    return weighted.sort((a, b) => a.frequency - b.frequency);
  }

  /** Ranges hidden by a clear or delete whose erasure is still pending. */
  async #hidden(user: string): Promise<HiddenBelow[]> {
    const pending = await this.#turns
      .find({ erase_pending: true, "_id.user": user } as object, majority)
      .project<Pick<Turn, "_id">>({ _id: 1 })
      .toArray();
    return pending.map(({ _id }) => ({ session: _id.session, n: _id.n }));
  }

  async #results(
    user: string,
    query: string,
    rows: readonly IndexedMessage[],
  ): Promise<{ results: Result[]; stale: IndexedMessage["_id"][] }> {
    const keys = rows.map(({ _id, n }) => turnKey(user, _id.session, n));
    const ids = [...new Set(rows.map(({ _id }) => _id.session))].map((session) => ({ user, session }));
    const replies = rows.map(({ _id }) => _id.message_id);
    const [turns, sessions, replacing] = await Promise.all([
      this.#turns.find({ _id: { $in: keys } }, majority).toArray(),
      this.#sessions.find({ _id: { $in: ids } }).toArray(),
      this.#turns.find({ "_id.user": user, replaces: { $in: replies } } as object, majority).toArray(),
    ]);
    const replaced = new Set(replacing.map(({ _id, replaces }) => `${_id.session}.${replaces}`));
    const messages = new Map(
      turns.flatMap(({ _id, messages }) =>
        messages.map((message) => [`${_id.session}.${message.message_id}`, message]),
      ),
    );
    const titles = new Map(sessions.map(({ _id, title }) => [_id.session, title]));
    const longest = Math.floor(this.#answerBytes / Math.max(1, rows.length));
    const results: Result[] = [];
    const stale: IndexedMessage["_id"][] = [];
    for (const { _id } of rows) {
      const key = `${_id.session}.${_id.message_id}`;
      const message = messages.get(key);
      if (message === undefined || replaced.has(key)) stale.push(_id);
      else {
        results.push({
          message_id: _id.message_id,
          session_id: _id.session,
          session_title: titles.get(_id.session) ?? noTitle,
          role: message.role,
          content: excerpt(message.content, query, longest),
          created_at: message.created_at,
        });
      }
    }
    return { results, stale };
  }
}
