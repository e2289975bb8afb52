import type { Collection, Db } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import {
  type ApiKeyDocument,
  accountCollections,
  type RefreshUseDocument,
  type TokenFamilyDocument,
  type UserDocument,
  type WebhookKeyDocument,
} from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";

/** MongoDB collections of accounts. */
export interface AccountCollections {
  users: Collection<UserDocument>;
  apiKeys: Collection<ApiKeyDocument>;
  webhookKeys: Collection<WebhookKeyDocument>;
  families: Collection<TokenFamilyDocument>;
  refreshUses: Collection<RefreshUseDocument>;
}

/** Account collections, opened lazily with a bounded wait: the administrator can log in without MongoDB. */
export class AccountDatabase {
  readonly #db: Db | Promise<Db>;
  readonly #log: Logger;
  readonly #waitMs: number;
  #ready: Promise<AccountCollections> | undefined;

  constructor(db: Db | Promise<Db>, log: Logger, waitMs: number) {
    this.#db = db;
    this.#log = log;
    this.#waitMs = waitMs;
    this.#prepared().catch(() => {});
  }

  /** Returns the collections once their indexes exist. @throws ParleyError `storage_unavailable` */
  async collections(waitMs = this.#waitMs): Promise<AccountCollections> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new ParleyError("storage_unavailable")), waitMs);
    });
    try {
      return await Promise.race([this.#prepared(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Creates the indexes once; after a failure the next request retries. */
  #prepared(): Promise<AccountCollections> {
    this.#ready ??= prepare(this.#db).catch((err: unknown) => {
      this.#ready = undefined;
      this.#log.warn({ err }, "account collections not initialized");
      throw err;
    });
    return this.#ready;
  }
}

async function prepare(connecting: Db | Promise<Db>): Promise<AccountCollections> {
  const db = await connecting;
  const users = db.collection<UserDocument>(accountCollections.users);
  const apiKeys = db.collection<ApiKeyDocument>(accountCollections.apiKeys);
  const webhookKeys = db.collection<WebhookKeyDocument>(accountCollections.webhookKeys);
  const families = db.collection<TokenFamilyDocument>(accountCollections.tokenFamilies);
  const refreshUses = db.collection<RefreshUseDocument>(accountCollections.refreshUses);
  const expiring = { expireAfterSeconds: 0 };
  const present = (field: string) => ({ partialFilterExpression: { [field]: { $exists: true } } });
  await Promise.all([
    users.createIndex({ name_key: 1 }, { unique: true, ...present("name_key") }),
    apiKeys.createIndex({ hash: 1 }, { unique: true }),
    webhookKeys.createIndex({ hash: 1 }, { unique: true }),
    apiKeys.createIndex({ user_id: 1, created_at: 1 }),
    families.createIndex({ expires_at: 1 }, expiring),
    refreshUses.createIndex({ expires_at: 1 }, expiring),
  ]);
  return { users, apiKeys, webhookKeys, families, refreshUses };
}
