import type { WebhookKeyDocument } from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import type { AccountDatabase } from "./account-database.ts";
import { hashOfKey, newKey } from "./key-secret.ts";

const majority = { readConcern: { level: "majority" } } as const;

/** API keys of the webhooks, one per integration. */
export class WebhookKeys {
  readonly #database: AccountDatabase;
  readonly #most: number;

  constructor(database: AccountDatabase, most: number) {
    this.#database = database;
    this.#most = most;
  }

  /** Creates a key; `key` is returned only once. @throws ParleyError `conflict` when the limit is reached */
  async create(name: string): Promise<{ document: WebhookKeyDocument; key: string }> {
    const { webhookKeys } = await this.#database.collections();
    if ((await webhookKeys.countDocuments()) >= this.#most)
      throw new ParleyError("conflict", {
        error: "Webhook 密钥数量已达上限",
        hint: "请先删除不再使用的密钥",
      });
    const key = newKey("whk-");
    const document = { _id: newId("whk_"), name, hash: hashOfKey(key), created_at: new Date() };
    await webhookKeys.insertOne(document);
    return { document, key };
  }

  /** Lists all keys, oldest first. */
  async list(): Promise<WebhookKeyDocument[]> {
    const { webhookKeys } = await this.#database.collections();
    return webhookKeys.find({}, majority).sort({ created_at: 1 }).toArray();
  }

  /** Deletes a key; edges drop it from their caches within 5 s. @throws ParleyError `not_found` */
  async delete(id: string): Promise<void> {
    const { webhookKeys } = await this.#database.collections();
    const { deletedCount } = await webhookKeys.deleteOne({ _id: id });
    if (deletedCount === 0) throw new ParleyError("not_found");
  }

  /** Returns the id of a key, or undefined for an unknown key. */
  async idOf(key: string): Promise<string | undefined> {
    const { webhookKeys } = await this.#database.collections();
    return (await webhookKeys.findOne({ hash: hashOfKey(key) }, majority))?._id;
  }
}
