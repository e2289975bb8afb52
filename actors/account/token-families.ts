import { randomUUID } from "node:crypto";
import { isDuplicateKey } from "../../infra/mongo/duplicate-key.ts";
import { refreshTokenSeconds, type TokenClaims } from "../../schemas/principal.ts";
import type { AccountDatabase } from "./account-database.ts";
import type { Revoker } from "./revoker.ts";

const majority = { readConcern: { level: "majority" } } as const;

/**
 * Revocation of token families. A log-in writes nothing and so needs no database: a family gets a document
 * when it is revoked, a refresh token when it is used.
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
   * Marks a refresh token as used; false when it was used before. Reuse indicates theft, so it revokes the
   * family. A request received (`receivedAt`, Unix ms) before the first use was concurrent with it: it is
   * only refused.
   */
  async use({ jti, fam, sub, exp }: TokenClaims, receivedAt: number): Promise<boolean> {
    const by = randomUUID();
    const first = await this.#claim(jti, by, new Date(exp * 1000));
    if (first.by === by) return true;
    if (first.at.getTime() < receivedAt) await this.revoke(fam, sub);
    return false;
  }

  /** Revokes a family. MongoDB is written first: it is durable, the edges' bucket expires. */
  async revoke(family: string, userId: string): Promise<void> {
    const { families } = await this.#database.collections();
    // The family's last token may be issued concurrently.
    const expiresAt = new Date(Date.now() + (refreshTokenSeconds + 3600) * 1000);
    await families.updateOne(
      { _id: family },
      { $set: { expires_at: expiresAt }, $setOnInsert: { user_id: userId, revoked_at: new Date() } },
      { upsert: true },
    );
    await this.#revoker.family(family);
  }

  /** Returns the first use of a token: by which request, and when. */
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
      // A concurrent upsert won: the document exists now.
      if (isDuplicateKey(err)) return this.#claim(jti, by, expiresAt);
      throw err;
    }
  }
}
