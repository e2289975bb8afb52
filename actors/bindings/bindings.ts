import { createHash } from "node:crypto";
import type { Collection, Db } from "mongodb";
import type { Bus } from "../../infra/bus/bus.ts";
import type { BindCodeDocument, BindingDocument, Platform } from "../../schemas/documents/bridge.ts";
import { collections } from "../../schemas/documents/collections.ts";
import { newId } from "../../schemas/ids.ts";
import { bindingChanged } from "../../schemas/messages/bridge.ts";

/** Validity of a binding code, ms: time to type it into another app. */
const codeMs = 600_000;

/** Bindings of chat platform accounts to users. */
export class Bindings {
  readonly #bindings: Collection<BindingDocument>;
  readonly #codes: Collection<BindCodeDocument>;
  readonly #bus: Pick<Bus, "signal">;

  constructor(db: Db, bus: Pick<Bus, "signal">) {
    this.#bindings = db.collection<BindingDocument>(collections.bindings);
    this.#codes = db.collection<BindCodeDocument>(collections.bindCodes);
    this.#bus = bus;
  }

  async createIndexes(): Promise<void> {
    await this.#bindings.createIndex({ user: 1 });
    await this.#codes.createIndex({ expires_at: 1 }, { expireAfterSeconds: 0 });
  }

  /** Creates a one-time code; only its digest is stored. `expires` is Unix seconds. */
  async createCode(user: string): Promise<{ token: string; expires: number }> {
    const token = newId("bind-", 16);
    const expires_at = new Date(Date.now() + codeMs);
    await this.#codes.insertOne({ _id: digest(token), user, expires_at });
    return { token, expires: Math.floor(expires_at.getTime() / 1000) };
  }

  /** Returns the user an account is bound to. */
  async userOf(platform: Platform, externalId: string): Promise<string | null> {
    return (await this.#bindings.findOne({ _id: key(platform, externalId) }))?.user ?? null;
  }

  /** Consumes a code and returns its user; null when it is unknown or expired. */
  async redeem(code: string): Promise<string | null> {
    const found = await this.#codes.findOneAndDelete({ _id: digest(code), expires_at: { $gt: new Date() } });
    return found?.user ?? null;
  }

  /** Binds an account and replaces an earlier binding. */
  async bind(platform: Platform, externalId: string, user: string): Promise<void> {
    const binding = { platform, external_id: externalId, user, at: new Date() };
    await this.#bindings.updateOne({ _id: key(platform, externalId) }, { $set: binding }, { upsert: true });
    this.#changed(platform, externalId);
  }

  /** Removes a binding, only of `user` if set; false when there was none. */
  async unbind(platform: Platform, externalId: string, user?: string): Promise<boolean> {
    const filter = { _id: key(platform, externalId), ...(user !== undefined && { user }) };
    const { deletedCount } = await this.#bindings.deleteOne(filter);
    this.#changed(platform, externalId);
    return deletedCount > 0;
  }

  /** Lists a user's bindings, oldest first. */
  list(user: string): Promise<BindingDocument[]> {
    return this.#bindings.find({ user }).sort({ at: 1 }).limit(1_000).toArray();
  }

  /** Removes all bindings and codes of a deleted user. */
  async forget(user: string): Promise<void> {
    await this.#codes.deleteMany({ user });
    for (const { platform, external_id } of await this.list(user))
      await this.unbind(platform, external_id, user);
  }

  /** Invalidates the edges' cached binding. */
  #changed(platform: Platform, externalId: string): void {
    this.#bus.signal(bindingChanged, { platform, external_id: externalId });
  }
}

function key(platform: Platform, externalId: string): string {
  return `${platform}:${externalId}`;
}

function digest(code: string): string {
  return createHash("sha256").update(code).digest("hex");
}
