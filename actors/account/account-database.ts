import type { Collection, Db } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import {
  type ApiKeyDocument,
  accountCollections,
  type RefreshUseDocument,
  type TokenFamilyDocument,
  type UserDocument,
} from "../../schemas/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { persist } from "../persist.ts";

/** The collections of accounts. */
export interface AccountCollections {
  users: Collection<UserDocument>;
  apiKeys: Collection<ApiKeyDocument>;
  families: Collection<TokenFamilyDocument>;
  refreshUses: Collection<RefreshUseDocument>;
}

/** What is there only with MongoDB. It is waited for a while only: the administrator's log-in works without. */
export class AccountDatabase {
  readonly #ready: Promise<AccountCollections>;
  readonly #waitMs: number;

  constructor(db: Db | Promise<Db>, log: Logger, waitMs: number) {
    this.#waitMs = waitMs;
    this.#ready = Promise.resolve(db).then((connected) => prepare(connected, log));
    this.#ready.catch((err: unknown) => log.error({ err }, "accounts not prepared"));
  }

  /** The collections, with their indexes. @throws ParleyError `storage_unavailable` */
  async collections(waitMs = this.#waitMs): Promise<AccountCollections> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new ParleyError("storage_unavailable")), waitMs);
    });
    try {
      return await Promise.race([this.#ready, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function prepare(db: Db, log: Logger): Promise<AccountCollections> {
  const users = db.collection<UserDocument>(accountCollections.users);
  const apiKeys = db.collection<ApiKeyDocument>(accountCollections.apiKeys);
  const families = db.collection<TokenFamilyDocument>(accountCollections.tokenFamilies);
  const refreshUses = db.collection<RefreshUseDocument>(accountCollections.refreshUses);
  const expiring = { expireAfterSeconds: 0 };
  const present = (field: string) => ({ partialFilterExpression: { [field]: { $exists: true } } });
  await persist(log, "account indexes", () =>
    Promise.all([
      users.createIndex({ name_key: 1 }, { unique: true, ...present("name_key") }),
      apiKeys.createIndex({ hash: 1 }, { unique: true }),
      apiKeys.createIndex({ user_id: 1, created_at: 1 }),
      families.createIndex({ expires_at: 1 }, expiring),
      refreshUses.createIndex({ expires_at: 1 }, expiring),
    ]),
  );
  return { users, apiKeys, families, refreshUses };
}
