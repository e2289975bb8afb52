import type { Collection, Db } from "mongodb";
import { collections } from "../../schemas/documents/collections.ts";
import type { NotificationDocument, NotificationEvent } from "../../schemas/documents/notification.ts";

const keptSeconds = 90 * 24 * 3600;

/** Notifications in MongoDB, deleted after 90 days. */
export class NotificationStore {
  readonly #notifications: Collection<NotificationDocument>;

  constructor(db: Db) {
    this.#notifications = db.collection(collections.notifications);
  }

  async createIndexes(): Promise<void> {
    await this.#notifications.createIndexes([
      { key: { user: 1, delivered: 1, at: 1 } },
      { key: { at: 1 }, expireAfterSeconds: keptSeconds },
    ]);
  }

  /** Stores a notification unless it exists. Returns whether it was already delivered. */
  async keep({ user, session_id, notification }: NotificationEvent): Promise<boolean> {
    const { id, timestamp, ...rest } = notification;
    const document: Omit<NotificationDocument, "_id"> = {
      ...rest,
      user,
      ...(session_id !== undefined && { session_id }),
      at: new Date(timestamp),
      delivered: false,
    };
    const kept = await this.#notifications.findOneAndUpdate(
      { _id: id },
      { $setOnInsert: document },
      { upsert: true, returnDocument: "after" },
    );
    return kept?.delivered ?? false;
  }

  /** Pending notifications of a user, oldest first. */
  waiting(user: string, limit: number): Promise<NotificationDocument[]> {
    return this.#notifications
      .find({ user, delivered: false })
      .sort({ at: 1, _id: 1 })
      .limit(limit)
      .toArray();
  }

  async delivered(user: string, ids: readonly string[]): Promise<void> {
    await this.#notifications.updateMany({ _id: { $in: [...ids] }, user }, { $set: { delivered: true } });
  }

  async eraseUser(user: string): Promise<void> {
    await this.#notifications.deleteMany({ user });
  }

  /** Deletes the oldest pending notifications of a user above `most`. */
  async trim(user: string, most: number): Promise<void> {
    const waiting = await this.#notifications.countDocuments(
      { user, delivered: false },
      { limit: most + 100 },
    );
    if (waiting <= most) return;
    const oldest = await this.waiting(user, waiting - most);
    await this.#notifications.deleteMany({ _id: { $in: oldest.map(({ _id }) => _id) }, user });
  }
}
