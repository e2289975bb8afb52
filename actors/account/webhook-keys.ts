import type { WebhookKeyDocument } from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import type { AccountDatabase } from "./account-database.ts";
import { hashOfKey, newKey } from "./key-secret.ts";

const majority = { readConcern: { level: "majority" } } as const;

/** Keys with which other systems call the webhooks, one for each integration. */
export class WebhookKeys {
  readonly #database: AccountDatabase;
  readonly #most: number;

  constructor(database: AccountDatabase, most: number) {
    this.#database = database;
    this.#most = most;
  }

  /** Makes a key; `key` can't be had again. @throws ParleyError `conflict` when there are too many */
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

  /** All keys, oldest first. */
  async list(): Promise<WebhookKeyDocument[]> {
    const { webhookKeys } = await this.#database.collections();
    return webhookKeys.find({}, majority).sort({ created_at: 1 }).toArray();
  }

  /** Ends a key; edges forget it within 5 s. @throws ParleyError `not_found` */
  async delete(id: string): Promise<void> {
    const { webhookKeys } = await this.#database.collections();
    const { deletedCount } = await webhookKeys.deleteOne({ _id: id });
    if (deletedCount === 0) throw new ParleyError("not_found");
  }

  /** Id of a key; undefined when it is nobody's. */
  async idOf(key: string): Promise<string | undefined> {
    const { webhookKeys } = await this.#database.collections();
    return (await webhookKeys.findOne({ hash: hashOfKey(key) }, majority))?._id;
  }
}
