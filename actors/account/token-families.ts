import { randomUUID } from "node:crypto";
import { isDuplicateKey } from "../../infra/mongo/duplicate-key.ts";
import { refreshTokenSeconds, type TokenClaims } from "../../schemas/principal.ts";
import type { AccountDatabase } from "./account-database.ts";
import type { Revoker } from "./revoker.ts";

const majority = { readConcern: { level: "majority" } } as const;

/**
 * Which log-ins go on. Nothing is written at a log-in, so that it needs no database: a family has a document when it is
 * revoked, a refresh token when it is used.
 */
export class TokenFamilies {
  readonly #database: AccountDatabase;
  readonly #revoker: Revoker;

  constructor(database: AccountDatabase, revoker: Revoker) {
    this.#database = database;
    this.#revoker = revoker;
  }

  /** Whether the family of a token was revoked. */
  async isRevoked(family: string): Promise<boolean> {
    const { families } = await this.#database.collections();
    return (await families.findOne({ _id: family }, majority)) !== null;
  }

  /**
   * Uses a refresh token up; false when it was used before. Whoever shows it again after that has stolen it, or was
   * stolen from: its family ends. `receivedAt` (Unix ms) tells such a replay from requests that were under way together,
   * of which one wins and the others are only refused.
   */
  async use({ jti, fam, sub, exp }: TokenClaims, receivedAt: number): Promise<boolean> {
    const by = randomUUID();
    const first = await this.#claim(jti, by, new Date(exp * 1000));
    if (first.by === by) return true;
    if (first.at.getTime() < receivedAt) await this.revoke(fam, sub);
    return false;
  }

  /** Ends a family. MongoDB comes first: it keeps what the edges may forget. */
  async revoke(family: string, userId: string): Promise<void> {
    const { families } = await this.#database.collections();
    // Its last token may be made just now.
    const expiresAt = new Date(Date.now() + (refreshTokenSeconds + 3600) * 1000);
    await families.updateOne(
      { _id: family },
      { $set: { expires_at: expiresAt }, $setOnInsert: { user_id: userId, revoked_at: new Date() } },
      { upsert: true },
    );
    await this.#revoker.family(family);
  }

  /** Who was the first to use a token, and when. */
  async #claim(jti: string, by: string, expiresAt: Date): Promise<{ by: string; at: Date }> {
    const { refreshUses } = await this.#database.collections();
    const first = (field: string, value: unknown) => ({ $ifNull: [`$${field}`, value] });
    try {
      const use = await refreshUses.findOneAndUpdate(
        { _id: jti },
        [{ $set: { by: first("by", by), at: first("at", "$$NOW"), expires_at: expiresAt } }],
        { upsert: true, returnDocument: "after" },
      );
      return use ?? { by, at: new Date() };
    } catch (err) {
      // Two upserts met: the document is there now.
      if (isDuplicateKey(err)) return this.#claim(jti, by, expiresAt);
      throw err;
    }
  }
}
