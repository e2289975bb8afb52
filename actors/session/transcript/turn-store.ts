import { type Collection, type Db, MongoBulkWriteError } from "mongodb";
import { duplicateKey } from "../../../infra/mongo/duplicate-key.ts";
import { collections, type Turn, turnKey } from "../../../schemas/documents/collections.ts";

/** Maximum turns kept by a session actor; more never fit a model's context. */
export const tailTurns = 40;

/** Result of a commit: on a conflict, the unique key already taken; `n`: the transcript has changed,
 * `client_msg_id`: the message is a repetition. */
export type CommitResult = "committed" | "n" | "client_msg_id";

const majority = { readConcern: { level: "majority" } } as const;
const clientMsgIdIndex = "client_msg_id";

/** The transcripts, one document per turn. Reads that decide a conflict use read concern majority. */
export class TurnStore {
  readonly #turns: Collection<Turn>;

  constructor(db: Db) {
    this.#turns = db.collection<Turn>(collections.turns);
  }

  /** Creates the indexes; idempotent. */
  async createIndexes(): Promise<void> {
    await this.#turns.createIndexes([
      {
        name: clientMsgIdIndex,
        key: { "_id.user": 1, "_id.session": 1, client_msg_id: 1 },
        unique: true,
        partialFilterExpression: { client_msg_id: { $exists: true } },
      },
      { name: "erase_pending", key: { erase_pending: 1 }, partialFilterExpression: { erase_pending: true } },
      { name: "in_seq", key: { in_seq: -1 } },
      { name: "expires_at", key: { expires_at: 1 }, expireAfterSeconds: 0, sparse: true },
    ]);
  }

  /**
   * The newest turns of a session, newest first; changes of the queue, except the last turn, do not count.
   */
  async tail(user: string, session: string, limit = tailTurns): Promise<Turn[]> {
    const newest = await this.#range(user, session, 0).sort({ _id: -1 }).limit(limit).toArray();
    if (!newest.some(({ kind }) => kind === "queue")) return newest;
    const turns = await this.#turns
      .find({ ...range(user, session, 0), kind: { $ne: "queue" } }, majority)
      .sort({ _id: -1 })
      .limit(limit)
      .toArray();
    const [last] = newest;
    return last?.kind === "queue" ? [last, ...turns.filter(({ _id }) => _id.n < last._id.n)] : turns;
  }

  /** Turn n, if there is one. */
  at(user: string, session: string, n: number): Promise<Turn | null> {
    return this.#turns.findOne({ _id: turnKey(user, session, n) }, majority);
  }

  /** Turns from n on, oldest first. */
  since(user: string, session: string, n: number): Promise<Turn[]> {
    return this.#range(user, session, n).sort({ _id: 1 }).toArray();
  }

  /** The turn of a log message. */
  byInSeq(user: string, session: string, seq: number): Promise<Turn | null> {
    return this.#turns.findOne(
      { ...range(user, session, 0), in_seq: seq, reply: { $exists: true } },
      majority,
    );
  }

  /** The turn of a client's message id. */
  byClientMsgId(user: string, session: string, clientMsgId: string): Promise<Turn | null> {
    return this.#turns.findOne(
      { "_id.user": user, "_id.session": session, client_msg_id: clientMsgId } as object,
      majority,
    );
  }

  /** The first delete that covers log entries up to `seq`. */
  deleteCovering(user: string, session: string, seq: number): Promise<Turn | null> {
    return this.#turns.findOne(
      { ...range(user, session, 0), kind: "delete", in_seq: { $gte: seq } },
      majority,
    );
  }

  /** Turns below n (the boundary excluded), newest first: one page of history. */
  page(user: string, session: string, below: number, limit: number): Promise<Turn[]> {
    return this.#turns
      .find({ _id: { $gte: turnKey(user, session, 0), $lt: turnKey(user, session, below) } })
      .sort({ _id: -1 })
      .limit(limit)
      .toArray();
  }

  /**
   * Inserts turns in one unordered write and returns the result of each.
   * @throws MongoError when the outcome is unknown or the store refuses a turn: the caller retries, in
   * smaller
   * parts after a refusal; the unique keys make that safe.
   */
  async insertAll(turns: Turn[]): Promise<CommitResult[]> {
    const results: CommitResult[] = turns.map(() => "committed");
    try {
      await this.#turns.insertMany(turns, { ordered: false });
    } catch (err) {
      if (!(err instanceof MongoBulkWriteError)) throw err;
      const failures = [err.writeErrors].flat();
      // A write concern error leaves the outcome unknown: a retry finds each turn itself or the holder of its
      // key.
      if (failures.length === 0) throw err;
      const [refused] = failures.filter(({ code }) => code !== duplicateKey);
      if (refused !== undefined) throw new Error(refused.errmsg ?? "refused");
      for (const failure of failures) {
        results[failure.index] = failure.errmsg?.includes(clientMsgIdIndex) ? "client_msg_id" : "n";
      }
    }
    return results;
  }

  /** Highest log sequence reached by any transcript. */
  async highestInSeq(): Promise<number> {
    const [turn] = await this.#turns
      .find({}, { projection: { in_seq: 1 }, ...majority })
      .sort({ in_seq: -1 })
      .limit(1)
      .toArray();
    return turn?.in_seq ?? 0;
  }

  /**
   * Erases the content of turns below n. Stubs stay for a week, so n is not reused while a late writer may
   * exist.
   */
  async blankBelow(user: string, session: string, n: number, expiresAt: Date): Promise<void> {
    await this.#turns.updateMany(
      {
        _id: { $gte: turnKey(user, session, 0), $lt: turnKey(user, session, n) },
        blanked: { $exists: false },
      },
      {
        $set: { messages: [], blanked: true, expires_at: expiresAt },
        $unset: { "reply.text": "", "reply.segments": "", "reply.full_audio_url": "", cut: "" },
      },
    );
  }

  /** Truncates a stored reply to its newest cut. */
  async applyCut({ _id: { user, session, n }, cut }: Turn): Promise<void> {
    if (cut === undefined) return;
    const later = await this.since(user, session, n);
    const { text, segments } = later.findLast((turn) => turn.cut?.message_id === cut.message_id)?.cut ?? cut;
    await this.#turns.updateOne(
      { ...range(user, session, 0), kind: "message", "messages.message_id": cut.message_id },
      {
        $set: {
          "messages.$[reply].content": text,
          "messages.$[reply].finish_reason": "cancelled",
          "reply.segments": segments,
        },
        $unset: { "reply.full_audio_url": "" },
      },
      { arrayFilters: [{ "reply.message_id": cut.message_id }] },
    );
  }

  /** Marks the erasure of a clear or delete as complete; the stub of a delete expires with the others. */
  async erased(turn: Turn, expiresAt: Date): Promise<void> {
    await this.#turns.updateOne(
      { _id: turn._id },
      { $unset: { erase_pending: "" }, ...(turn.kind === "delete" && { $set: { expires_at: expiresAt } }) },
    );
  }

  /** Clears and deletes with an incomplete erasure. */
  erasePending(limit: number): Promise<Turn[]> {
    return this.#turns.find({ erase_pending: true }).limit(limit).toArray();
  }

  #range(user: string, session: string, from: number) {
    return this.#turns.find(range(user, session, from), majority);
  }
}

function range(user: string, session: string, from: number) {
  return {
    _id: { $gte: turnKey(user, session, from), $lte: turnKey(user, session, Number.MAX_SAFE_INTEGER) },
  };
}
