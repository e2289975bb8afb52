import type { ApiKeyDocument } from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import { revocations } from "../../schemas/messages/revocation.ts";
import { adminUserId, type Principal } from "../../schemas/principal.ts";
import { allScopes, type Scope } from "../../schemas/scopes.ts";
import type { AccountDatabase } from "./account-database.ts";
import { adminNickname } from "./credentials.ts";
import { hashOfKey, newKey } from "./key-secret.ts";
import type { Revoker } from "./revoker.ts";

const majority = { readConcern: { level: "majority" } } as const;

/** API keys: bearer secrets with their user's permissions, valid until deleted. */
export class ApiKeys {
  readonly #database: AccountDatabase;
  readonly #revoker: Revoker;
  readonly #perUser: number;

  constructor(database: AccountDatabase, revoker: Revoker, perUser: number) {
    this.#database = database;
    this.#revoker = revoker;
    this.#perUser = perUser;
  }

  /**
   * Creates a key, by default with all scopes of the caller. `key` is returned only once.
   * @throws ParleyError `forbidden` for scopes the caller lacks, `conflict` when the user has the maximum
   * number of keys
   */
  async create(
    { user_id: userId, scopes: own }: Pick<Principal, "user_id" | "scopes">,
    { name, scopes = own }: { name: string; scopes?: Scope[] | undefined },
  ): Promise<{ document: ApiKeyDocument; key: string }> {
    const beyond = scopes?.find((scope) => own !== undefined && !own.includes(scope));
    if (beyond !== undefined)
      throw new ParleyError("forbidden", { error: `无权限: 不能授予 scope ${beyond}` });
    const { apiKeys } = await this.#database.collections();
    if ((await apiKeys.countDocuments({ user_id: userId })) >= this.#perUser)
      throw new ParleyError("conflict", { error: "API 密钥数量已达上限", hint: "请先删除不再使用的密钥" });
    const key = newKey("sk-");
    const document: ApiKeyDocument = {
      _id: newId("key_"),
      user_id: userId,
      name,
      hash: hashOfKey(key),
      ...(scopes !== undefined && scopes.length < allScopes.length && { scopes: [...new Set(scopes)] }),
      created_at: new Date(),
    };
    await apiKeys.insertOne(document);
    return { document, key };
  }

  /** A user's keys, oldest first. */
  async list(userId: string): Promise<ApiKeyDocument[]> {
    const { apiKeys } = await this.#database.collections();
    return apiKeys.find({ user_id: userId }, majority).sort({ created_at: 1 }).toArray();
  }

  /** Deletes and revokes a key. @throws ParleyError `not_found` when the user has no key with this id */
  async delete(userId: string, id: string): Promise<void> {
    const { apiKeys } = await this.#database.collections();
    if ((await apiKeys.findOne({ _id: id, user_id: userId }, majority)) === null)
      throw new ParleyError("not_found");
    // Revoke before deleting, so that a retry after a partial failure still finds the key to revoke.
    await this.#revoker.apiKey(id);
    await apiKeys.deleteOne({ _id: id, user_id: userId });
  }

  /** Returns the principal of a key, or null for an unknown key. */
  async principalOf(key: string): Promise<Principal | null> {
    const { apiKeys, users } = await this.#database.collections();
    const found = await apiKeys.findOne({ hash: hashOfKey(key) }, majority);
    if (found === null) return null;
    const { user_id } = found;
    const user = await users.findOne({ _id: user_id }, majority);
    if (user?.deleted_at !== undefined) return null;
    const is_admin = user_id === adminUserId;
    const nickname = user?.nickname ?? (is_admin ? adminNickname : user_id);
    const credential = revocations.apiKey(found._id);
    return { user_id, nickname, is_admin, credential, ...(found.scopes && { scopes: found.scopes }) };
  }
}
