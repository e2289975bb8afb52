import type { Collection, Db } from "mongodb";
import { isDuplicateKey } from "../../infra/mongo/duplicate-key.ts";
import type { HoldDocument } from "../../schemas/documents/automation.ts";
import { collections } from "../../schemas/documents/collections.ts";

/** A change of the value that a rule with `for_s` compares. */
export interface HeldChange {
  seq: number;
  at: number;
  holds: boolean;
  begins: boolean;
  event: Record<string, unknown>;
}

/** Comparisons with a `for_s`, in MongoDB. */
export class HoldStore {
  readonly #holds: Collection<HoldDocument>;

  constructor(db: Db) {
    this.#holds = db.collection(collections.holds);
  }

  async createIndexes(): Promise<void> {
    await this.#holds.createIndexes([
      { key: { user: 1 } },
      { key: { scheduled: 1 }, partialFilterExpression: { scheduled: false } },
    ]);
  }

  find(rule: string): Promise<HoldDocument | null> {
    return this.#holds.findOne({ _id: rule });
  }

  /** Applies a change and returns the updated hold. */
  async change(rule: string, user: string, forMs: number, change: HeldChange): Promise<HoldDocument> {
    for (;;) {
      const before = await this.find(rule);
      const after = advance(before ?? begin(rule, user), forMs, change);
      if (before === null) {
        try {
          await this.#holds.insertOne(after);
          return after;
        } catch (err) {
          if (!isDuplicateKey(err)) throw err;
        }
      } else {
        const { _id, ...fields } = after;
        const { seq, since_seq } = before;
        const { matchedCount } = await this.#holds.replaceOne({ _id, seq, since_seq }, fields);
        if (matchedCount > 0) return after;
      }
    }
  }

  async markScheduled({ _id, due_at }: HoldDocument): Promise<void> {
    await this.#holds.updateOne({ _id, due_at }, { $set: { scheduled: true } });
  }

  /** Marks its run as started: it is not due again until the comparison stops holding. */
  async fired({ _id, due_at }: HoldDocument): Promise<void> {
    await this.#holds.updateOne({ _id, due_at }, { $set: { due_at: null, scheduled: true } });
  }

  unscheduled(limit: number): Promise<HoldDocument[]> {
    return this.#holds
      .find({ scheduled: false, due_at: { $ne: null } })
      .limit(limit)
      .toArray();
  }

  async unscheduleAll(): Promise<void> {
    await this.#holds.updateMany({ due_at: { $ne: null } }, { $set: { scheduled: false } });
  }

  async delete(rule: string): Promise<void> {
    await this.#holds.deleteOne({ _id: rule });
  }

  async eraseUser(user: string): Promise<void> {
    await this.#holds.deleteMany({ user });
  }
}

function begin(_id: string, user: string): HoldDocument {
  const nothing = { seq: 0, seq_at: 0, since: null, since_seq: 0, due_at: null, scheduled: true };
  return { _id, user, ...nothing, event: {} };
}

/**
 * The hold after a change. A continued hold does not restart the timer; a late change
 * that shows an interruption does, from the newest change on.
 */
export function advance(hold: HoldDocument, forMs: number, change: HeldChange): HoldDocument {
  const { seq, at, holds, begins, event } = change;
  if (seq <= hold.seq) {
    const interrupted = !holds && hold.since !== null && hold.since_seq < seq;
    if (!interrupted) return hold;
    const due = { due_at: hold.seq_at + forMs, scheduled: false };
    return { ...hold, since: hold.seq_at, since_seq: hold.seq, ...due };
  }
  const seen = { ...hold, seq, seq_at: at };
  if (!holds) return { ...seen, since: null, due_at: null, scheduled: true };
  if (hold.since !== null) return { ...seen, event };
  if (!begins) return seen;
  return { ...seen, since: at, since_seq: seq, due_at: at + forMs, scheduled: false, event };
}
