import type { Collection, Db, Document } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import { isDuplicateKey } from "../../infra/mongo/duplicate-key.ts";
import { collections } from "../../schemas/documents/collections.ts";
import {
  isLimited,
  type Quota,
  type QuotaDocument,
  type QuotaLimits,
  quotaExceeded,
} from "../../schemas/documents/quota.ts";
import { figuresOf, periodsOf } from "./periods.ts";
import { QuotaTally } from "./quota-tally.ts";

/** How long the reservation of a crashed process is held, ms; longer than any turn. */
const holdMs = 3_600_000;
/** Tokens reserved for a reply without `max_tokens`. */
const replyTokens = 256;

/** Tokens used by one turn. */
export interface TurnUsage {
  prompt_tokens: number;
  completion_tokens: number;
}

/**
 * `message`: counts a message and its tokens. `background`: counts only the tokens of work done for the user.
 */
export type QuotaUse = "message" | "background";

/**
 * Quotas of all users. Each user has one document, changed only by conditional updates: when two processes
 * compete for the last message, one reservation succeeds. Without limits nothing is reserved and turns are
 * only counted.
 */
export class QuotaLedger {
  readonly limited: boolean;
  readonly #limits: QuotaLimits;
  readonly #collection: Collection<QuotaDocument>;
  readonly #tally: QuotaTally;

  constructor(db: Db, limits: QuotaLimits, log: Logger) {
    this.limited = isLimited(limits);
    this.#limits = limits;
    this.#collection = db.collection<QuotaDocument>(collections.quotas);
    this.#tally = new QuotaTally(this.#collection, log);
  }

  /**
   * Reserves one message and its tokens under `id` before a model is called; replaces an earlier reservation
   * with that id. Returns the figures, or null without limits.
   * @throws ParleyError `quota_exceeded`
   */
  async reserve(
    user: string,
    id: string,
    promptTokens: number,
    maxTokens?: number,
    use: QuotaUse = "message",
  ): Promise<Quota | null> {
    if (!this.limited) return null;
    const now = new Date();
    const hold = {
      id,
      tokens: promptTokens + (maxTokens ?? replyTokens),
      until: new Date(now.getTime() + holdMs),
      ...(use === "background" && { background: true }),
    };
    const document = await this.#update({ _id: user }, [
      rolled(now, id),
      { $set: { fits: { $and: this.#fits(promptTokens, use) } } },
      {
        $set: { holds: { $cond: ["$fits", { $concatArrays: ["$holds", [{ $literal: hold }]] }, "$holds"] } },
      },
    ]);
    const figures = figuresOf(document, this.#limits, now);
    if (document?.fits !== true) throw quotaExceeded(figures, now.getTime());
    return figures;
  }

  /** Replaces a reservation by the tokens used; idempotent. Returns the figures, or null without limits. */
  async settle(user: string, id: string, usage: TurnUsage, use: QuotaUse = "message"): Promise<Quota | null> {
    if (!this.limited) return null;
    const now = new Date();
    const used = (name: string) => ({
      messages: { $add: [`$${name}.messages`, messagesOf(use)] },
      tokens: { $add: [`$${name}.tokens`, usage.prompt_tokens + usage.completion_tokens] },
    });
    const filter = { _id: user, "holds.id": id };
    const stages = [rolled(now, id), { $set: { day: used("day"), month: used("month") } }];
    const document = await this.#collection.findOneAndUpdate(filter, stages, { returnDocument: "after" });
    return figuresOf(document ?? (await this.#find(user)), this.#limits, now);
  }

  /** Releases the reservation of a turn that failed or was dropped. */
  async release(user: string, id: string): Promise<void> {
    if (!this.limited) return;
    await this.#collection.updateOne({ _id: user, "holds.id": id }, { $pull: { holds: { id } } });
  }

  /** Counts a turn when no limits are set; written asynchronously. */
  count(user: string, usage: TurnUsage, use: QuotaUse = "message"): void {
    const tokens = usage.prompt_tokens + usage.completion_tokens;
    if (!this.limited) this.#tally.add(user, { messages: messagesOf(use), tokens });
  }

  /** Returns the current usage of a user. */
  async figures(user: string): Promise<Quota> {
    return figuresOf(await this.#find(user), this.#limits, new Date());
  }

  /** Flushes pending counts, waiting at most a second. */
  stop(): Promise<void> {
    return this.#tally.stop();
  }

  #find(user: string): Promise<QuotaDocument | null> {
    return this.#collection.findOne({ _id: user });
  }

  #fits(promptTokens: number, use: QuotaUse): Document[] {
    const { quotaDayMessages, quotaDayTokens, quotaMonthMessages, quotaMonthTokens } = this.#limits;
    const running = { $filter: { input: "$holds", cond: { $ne: ["$$this.background", true] } } };
    const messages = (name: string, limit: number) =>
      limit === 0 || use === "background"
        ? []
        : [{ $lt: [{ $add: [`$${name}.messages`, { $size: running }] }, limit] }];
    const tokens = (name: string, limit: number) =>
      limit === 0
        ? []
        : [{ $lte: [{ $add: [`$${name}.tokens`, { $sum: "$holds.tokens" }, promptTokens] }, limit] }];
    return [
      ...messages("day", quotaDayMessages),
      ...messages("month", quotaMonthMessages),
      ...tokens("day", quotaDayTokens),
      ...tokens("month", quotaMonthTokens),
    ];
  }

  async #update(filter: { _id: string }, stages: Document[]): Promise<QuotaDocument | null> {
    const options = { upsert: true, returnDocument: "after" } as const;
    try {
      return await this.#collection.findOneAndUpdate(filter, stages, options);
    } catch (err) {
      // A concurrent upsert created the user's document.
      if (!isDuplicateKey(err)) throw err;
      return this.#collection.findOneAndUpdate(filter, stages, options);
    }
  }
}

function messagesOf(use: QuotaUse): number {
  return use === "message" ? 1 : 0;
}

/** Starts new periods after a rollover; removes expired reservations and that of `id`. */
function rolled(now: Date, id: string): { $set: Document } {
  const periods = periodsOf(now);
  const current = (name: "day" | "month") => {
    const { key } = periods[name];
    return { $cond: [{ $eq: [`$${name}.key`, key] }, `$${name}`, { key, messages: 0, tokens: 0 }] };
  };
  const cond = { $and: [{ $gt: ["$$hold.until", now] }, { $ne: ["$$hold.id", { $literal: id }] }] };
  const holds = { $filter: { input: { $ifNull: ["$holds", []] }, as: "hold", cond } };
  return { $set: { day: current("day"), month: current("month"), holds } };
}
