import type { Collection, Db, Filter, UpdateFilter } from "mongodb";
import { isDuplicateKey } from "../../infra/mongo/duplicate-key.ts";
import { collections } from "../../schemas/documents/collections.ts";
import type { Reminder, ReminderDocument } from "../../schemas/documents/reminder.ts";

/** Reminders in MongoDB. All methods are scoped to a user, except those for schedules. */
export class ReminderStore {
  readonly #reminders: Collection<ReminderDocument>;

  constructor(db: Db) {
    this.#reminders = db.collection(collections.reminders);
  }

  async createIndexes(): Promise<void> {
    await this.#reminders.createIndexes([
      { key: { user: 1, remind_at: 1 } },
      { key: { scheduled: 1 }, partialFilterExpression: { scheduled: false } },
    ]);
  }

  /** Inserts a reminder; false if its id exists. */
  async add(reminder: ReminderDocument): Promise<boolean> {
    try {
      await this.#reminders.insertOne(reminder);
      return true;
    } catch (err) {
      if (isDuplicateKey(err)) return false;
      throw err;
    }
  }

  find(user: string, id: string): Promise<ReminderDocument | null> {
    return this.#reminders.findOne({ _id: id, user });
  }

  /** Reminders of a user, earliest first. */
  list(
    user: string,
    status: Reminder["status"] | undefined,
    limit: number,
    offset: number,
  ): Promise<ReminderDocument[]> {
    const filter = { user, ...(status && { status }) };
    return this.#reminders.find(filter).sort({ remind_at: 1, _id: 1 }).skip(offset).limit(limit).toArray();
  }

  countPending(user: string, limit: number): Promise<number> {
    return this.#reminders.countDocuments({ user, status: "pending" }, { limit });
  }

  change(
    user: string,
    id: string,
    update: UpdateFilter<ReminderDocument>,
    only: Filter<ReminderDocument> = {},
  ): Promise<ReminderDocument | null> {
    return this.#reminders.findOneAndUpdate({ ...only, _id: id, user }, update, { returnDocument: "after" });
  }

  async delete(user: string, id: string): Promise<boolean> {
    return (await this.#reminders.deleteOne({ _id: id, user })).deletedCount > 0;
  }

  async eraseUser(user: string): Promise<void> {
    await this.#reminders.deleteMany({ user });
  }

  /** Marks the schedule for the reminder's current time as created. */
  async markScheduled({ _id, user, remind_at }: ReminderDocument): Promise<void> {
    await this.#reminders.updateOne({ _id, user, remind_at }, { $set: { scheduled: true } });
  }

  /** Pending reminders with a possibly missing schedule. */
  unscheduled(limit: number): Promise<ReminderDocument[]> {
    return this.#reminders.find({ scheduled: false, status: "pending" }).limit(limit).toArray();
  }

  /** Marks all reminders as unscheduled after a loss of the schedules. */
  async unscheduleAll(): Promise<void> {
    await this.#reminders.updateMany(
      { status: "pending", $or: [{ notified: false }, { repeat_type: { $ne: "none" } }] },
      { $set: { scheduled: false } },
    );
  }
}

/** API view of a reminder. */
export function shownReminder(reminder: ReminderDocument): Reminder {
  return {
    id: reminder._id,
    user_id: reminder.user,
    title: reminder.title,
    description: reminder.description,
    remind_at: reminder.remind_at.toISOString(),
    status: reminder.status,
    repeat_type: reminder.repeat_type,
    session_id: reminder.session_id ?? "",
    time_zone: reminder.time_zone,
    notified: reminder.notified,
    created_at: reminder.created_at.toISOString(),
    completed_at: reminder.completed_at?.toISOString() ?? null,
  };
}
