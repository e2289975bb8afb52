import { isDuplicateKey } from "../../infra/mongo/duplicate-key.ts";
import { type UserDocument, usernamePattern } from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { adminUserId } from "../../schemas/principal.ts";
import type { AccountDatabase } from "./account-database.ts";

const majority = { readConcern: { level: "majority" } } as const;

/** Users in the database. Deleted users are not found, but their names stay taken. */
export class Users {
  readonly #database: AccountDatabase;

  constructor(database: AccountDatabase) {
    this.#database = database;
  }

  /** Adds a user. @throws ParleyError `conflict` when the name is taken, ignoring case */
  async add(user: {
    username: string;
    email: string;
    nickname: string;
    passwordHash: string;
  }): Promise<UserDocument> {
    const { users } = await this.#database.collections();
    const document: UserDocument = {
      _id: `user_${user.username}`,
      username: user.username,
      name_key: user.username.toLowerCase(),
      email: user.email,
      nickname: user.nickname,
      password_hash: user.passwordHash,
      created_at: new Date(),
    };
    try {
      await users.insertOne(document);
    } catch (err) {
      if (!isDuplicateKey(err)) throw err;
      throw new ParleyError("conflict", { error: "用户名已被注册", cause: err });
    }
    return document;
  }

  /**
   * Adds users without passwords: all of them, or none.
   * @throws ParleyError `conflict` when one of the names is taken
   */
  async addAll(usernames: readonly string[]): Promise<UserDocument[]> {
    const { users } = await this.#database.collections();
    const created_at = new Date();
    const documents = usernames.map((username) => ({
      _id: `user_${username}`,
      username,
      name_key: username.toLowerCase(),
      nickname: username,
      created_at,
    }));
    const taken = await users.findOne(
      { name_key: { $in: documents.map(({ name_key }) => name_key) } },
      majority,
    );
    if (taken !== null) throw new ParleyError("conflict", { error: "用户名已被注册" });
    await users.insertMany(documents, { ordered: false });
    return documents;
  }

  /** Finds a user by their registered name. */
  async byName(username: string): Promise<UserDocument | null> {
    if (!usernamePattern.test(username)) return null;
    return this.find(`user_${username}`);
  }

  async find(userId: string): Promise<UserDocument | null> {
    const { users } = await this.#database.collections();
    return users.findOne({ _id: userId, deleted_at: { $exists: false } }, majority);
  }

  /** Whether the user was deleted. */
  async isDeleted(userId: string): Promise<boolean> {
    const { users } = await this.#database.collections();
    return (await users.findOne({ _id: userId, deleted_at: { $exists: true } }, majority)) !== null;
  }

  /** Returns the administrator's document, and creates it on first use. */
  async administrator(waitMs?: number): Promise<UserDocument | null> {
    const { users } = await this.#database.collections(waitMs);
    return users.findOneAndUpdate(
      { _id: adminUserId },
      { $setOnInsert: { created_at: new Date() } },
      { upsert: true, returnDocument: "after" },
    );
  }

  /** Updates the fields that are set; null when the user does not exist. */
  async change(
    userId: string,
    changes: Partial<Pick<UserDocument, "nickname" | "time_zone" | "place">>,
  ): Promise<UserDocument | null> {
    if (userId === adminUserId) await this.administrator();
    const { users } = await this.#database.collections();
    const filter = { _id: userId, deleted_at: { $exists: false } };
    if (Object.keys(changes).length === 0) return users.findOne(filter);
    return users.findOneAndUpdate(filter, { $set: changes }, { returnDocument: "after" });
  }

  /** Deletes a user; false when they do not exist. Personal data is removed, the name stays taken. */
  async delete(userId: string): Promise<boolean> {
    const { users, apiKeys } = await this.#database.collections();
    const { matchedCount } = await users.updateOne(
      { _id: userId, deleted_at: { $exists: false } },
      {
        $set: { deleted_at: new Date() },
        $unset: { email: "", nickname: "", password_hash: "", time_zone: "", place: "" },
      },
    );
    await apiKeys.deleteMany({ user_id: userId });
    return matchedCount > 0;
  }
}
