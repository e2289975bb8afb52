import type { AnyBulkWriteOperation, Collection, Db } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import { collections, type SessionDocument, type Turn } from "../../schemas/documents.ts";
import { persist } from "../persist.ts";
import { isDuplicateKey } from "./turn-store.ts";

const defaultTitle = "新的对话";
const touchEveryMs = 1_000;

/** Sessions as their users list them: a projection of the turns, written after the commit and behind its back. */
export class SessionDocuments {
  readonly #sessions: Collection<SessionDocument>;
  readonly #log: Logger;
  readonly #touched = new Map<string, { user: string; session: string; at: Date }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Db, log: Logger) {
    this.#sessions = db.collection<SessionDocument>(collections.sessions);
    this.#log = log;
  }

  /** Makes the indexes; safe to repeat. */
  async createIndexes(): Promise<void> {
    await this.#sessions.createIndexes([
      { key: { "_id.user": 1, updated_at: -1 } },
      { key: { expires_at: 1 }, expireAfterSeconds: 0, sparse: true },
    ]);
  }

  /** Starts to write `updated_at` of what was touched, once a second. */
  start(): void {
    this.#timer = setInterval(() => void this.#flush(), touchEveryMs);
  }

  /** Writes what is left. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flush();
  }

  /**
   * The turn began a session. A delete that came after the turn stays: the condition fails, and the insert that an
   * upsert then tries meets the stub.
   */
  async created(turn: Turn): Promise<void> {
    const { user, session, n } = turn._id;
    try {
      await persist(this.#log, "session", () =>
        this.#sessions.updateOne(
          { _id: { user, session }, $or: [{ deleted_n: { $exists: false } }, { deleted_n: { $lt: n } }] },
          [
            {
              $set: {
                title: { $ifNull: ["$title", defaultTitle] },
                is_main: { $ifNull: ["$is_main", false] },
                created_at: { $ifNull: ["$created_at", turn.at] },
                updated_at: turn.at,
              },
            },
            { $unset: ["deleted_n", "expires_at"] },
          ],
          { upsert: true },
        ),
      );
    } catch (err) {
      if (!isDuplicateKey(err)) throw err;
    }
  }

  /** The session had a turn. */
  touched(user: string, session: string, at: Date): void {
    this.#touched.set(`${user}.${session}`, { user, session, at });
  }

  /** The session was deleted by turn n. */
  async deleted(user: string, session: string, n: number, expiresAt: Date): Promise<void> {
    await this.#sessions.updateOne(
      { _id: { user, session } },
      {
        $set: { deleted_n: n, expires_at: expiresAt, updated_at: new Date() },
        $unset: { title: "", is_main: "", created_at: "" },
      },
      { upsert: true },
    );
  }

  /** The session, unless it was deleted. */
  find(user: string, session: string): Promise<SessionDocument | null> {
    return this.#sessions.findOne({ _id: { user, session }, deleted_n: { $exists: false } });
  }

  /** Who has a session of this id, the one updated last first. */
  async userOf(session: string): Promise<string | null> {
    const [found] = await this.#sessions
      .find({ "_id.session": session, deleted_n: { $exists: false } } as object)
      .sort({ updated_at: -1 })
      .limit(1)
      .toArray();
    return found?._id.user ?? null;
  }

  async #flush(): Promise<void> {
    if (this.#touched.size === 0) return;
    const writes: AnyBulkWriteOperation<SessionDocument>[] = [...this.#touched.values()].map(
      ({ user, session, at }) => ({
        updateOne: {
          filter: { _id: { user, session }, deleted_n: { $exists: false } },
          update: { $set: { updated_at: at } },
        },
      }),
    );
    this.#touched.clear();
    try {
      await this.#sessions.bulkWrite(writes, { ordered: false, writeConcern: { w: 1 } });
    } catch (err) {
      // It is a hint for sorting; the next turn of the session writes it again.
      this.#log.warn({ err }, "session times not written");
    }
  }
}
