import type { AnyBulkWriteOperation, Collection, Db } from "mongodb";
import type { Logger } from "../../../infra/log.ts";
import { isDuplicateKey } from "../../../infra/mongo/duplicate-key.ts";
import {
  collections,
  type MainSession,
  type SessionDocument,
  type Turn,
} from "../../../schemas/documents/collections.ts";
import { persist } from "../../storage/persist.ts";

/** Title of a session that has no other yet. */
export const defaultTitle = "新的对话";
const flushEveryMs = 1_000;
/** Between two writes of one session's time, so that a busy session does not cost a write a second. */
const touchEveryMs = 5_000;

/** Sessions as their users list them: a projection of the turns, written after the commit. */
export class SessionDocuments {
  readonly #sessions: Collection<SessionDocument>;
  readonly #mains: Collection<MainSession>;
  readonly #log: Logger;
  readonly #touched = new Map<string, { user: string; session: string; at: Date }>();
  /** When a session's time was written last, ms of the monotonic clock; older ones are forgotten. */
  readonly #writtenAt = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Db, log: Logger) {
    this.#sessions = db.collection<SessionDocument>(collections.sessions);
    this.#mains = db.collection<MainSession>(collections.mainSessions);
    this.#log = log;
  }

  /** Makes the indexes; safe to repeat. */
  async createIndexes(): Promise<void> {
    await this.#sessions.createIndexes([
      { key: { "_id.user": 1, updated_at: -1 } },
      { key: { expires_at: 1 }, expireAfterSeconds: 0, sparse: true },
    ]);
  }

  /** Starts to write `updated_at` of what was touched: within a second, and again after five. */
  start(): void {
    this.#timer = setInterval(() => void this.#flush(performance.now()), flushEveryMs);
  }

  /** Writes what is left. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flush(Number.POSITIVE_INFINITY);
  }

  /**
   * The turn created a session. A later delete stays in force: the condition fails, and the insert that the
   * upsert then tries conflicts with the stub.
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
                born_n: { $ifNull: ["$born_n", n] },
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

  /**
   * A session was created by request, to exist from turn n on.
   * @throws MongoServerError (duplicate key) when it exists
   */
  async create(
    user: string,
    session: string,
    n: number,
    title: string | undefined,
  ): Promise<SessionDocument> {
    const at = new Date();
    const _id = { user, session };
    const made = { title: title ?? defaultTitle, created_at: at, updated_at: at, born_n: n };
    await this.#sessions.updateOne(
      { _id, deleted_n: { $exists: true } },
      {
        $set: { ...made, ...(title !== undefined && { titled: true as const }) },
        $unset: { deleted_n: "", expires_at: "" },
      },
      { upsert: true },
    );
    return { _id, ...made };
  }

  /** The session was deleted by turn n, unless it was created again since. */
  async deleted(user: string, session: string, n: number, expiresAt: Date): Promise<void> {
    try {
      await this.#sessions.updateOne(
        { _id: { user, session }, $or: [{ born_n: { $exists: false } }, { born_n: { $lte: n } }] },
        {
          $set: { expires_at: expiresAt, updated_at: new Date() },
          $max: { deleted_n: n },
          $unset: { title: "", titled: "", created_at: "", born_n: "" },
        },
        { upsert: true },
      );
    } catch (err) {
      if (!isDuplicateKey(err)) throw err;
      return;
    }
    await this.#mains.deleteOne({ _id: user, session });
  }

  /** Sets the title of a session that has none yet. */
  async setTitle(user: string, session: string, title: string): Promise<void> {
    await this.#sessions.updateOne(untitled(user, session), { $set: { title, titled: true } });
  }

  /** Whether a session has no title yet. */
  async isUntitled(user: string, session: string): Promise<boolean> {
    return (await this.#sessions.findOne(untitled(user, session), { projection: { _id: 1 } })) !== null;
  }

  /** Sets the user's main session, replacing the previous one. */
  async setMain(user: string, session: string): Promise<void> {
    await this.#mains.updateOne({ _id: user }, { $set: { session } }, { upsert: true });
  }

  /** Id of a user's main session. */
  async mainOf(user: string): Promise<string | null> {
    return (await this.#mains.findOne({ _id: user }))?.session ?? null;
  }

  /** A user's sessions, most recently updated first. */
  of(user: string, offset = 0): AsyncIterable<SessionDocument> {
    return this.#sessions
      .find({ "_id.user": user, deleted_n: { $exists: false } } as object)
      .sort({ updated_at: -1 })
      .skip(offset);
  }

  /** Those of these sessions that exist. */
  among(user: string, sessions: readonly string[]): Promise<SessionDocument[]> {
    const ids = sessions.map((session) => ({ user, session }));
    return this.#sessions.find({ _id: { $in: ids }, deleted_n: { $exists: false } }).toArray();
  }

  /** The session, unless it was deleted. */
  find(user: string, session: string): Promise<SessionDocument | null> {
    return this.#sessions.findOne({ _id: { user, session }, deleted_n: { $exists: false } });
  }

  /** The user with a session of this id; of several, the most recently updated one. */
  async userOf(session: string): Promise<string | null> {
    const [found] = await this.#sessions
      .find({ "_id.session": session, deleted_n: { $exists: false } } as object)
      .sort({ updated_at: -1 })
      .limit(1)
      .toArray();
    return found?._id.user ?? null;
  }

  async #flush(now: number): Promise<void> {
    for (const [key, at] of this.#writtenAt) if (at + touchEveryMs <= now) this.#writtenAt.delete(key);
    const due = [...this.#touched].filter(([key]) => !this.#writtenAt.has(key));
    if (due.length === 0) return;
    const writes = due.map(([key, { user, session, at }]): AnyBulkWriteOperation<SessionDocument> => {
      this.#touched.delete(key);
      this.#writtenAt.set(key, now);
      return {
        updateOne: {
          filter: { _id: { user, session }, deleted_n: { $exists: false } },
          update: { $set: { updated_at: at } },
        },
      };
    });
    try {
      await this.#sessions.bulkWrite(writes, { ordered: false, writeConcern: { w: 1 } });
    } catch (err) {
      // Only used for sorting; the next turn of the session writes it again.
      this.#log.warn({ err, sessions: due.length }, "session times not written");
    }
  }
}

function untitled(user: string, session: string) {
  return { _id: { user, session }, titled: { $exists: false }, deleted_n: { $exists: false } };
}
