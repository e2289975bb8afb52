import { createHash } from "node:crypto";
import type { Collection, Db } from "mongodb";
import type { Bus } from "../../infra/bus/bus.ts";
import type {
  Approval,
  ApprovalDecision,
  ApprovalDocument,
  ApprovalOutcome,
  ToolGrant,
} from "../../schemas/documents/approval.ts";
import { collections } from "../../schemas/documents/collections.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { approvalDecided } from "../../schemas/messages/approvals.ts";
import type { OutPublisher } from "../egress/out-publisher.ts";

/** Prefix of approval ids. */
export const approvalPrefix = "ap_";

const keepSeconds = 24 * 3600;
const listed = 100;
const argumentChars = 2_000;
/** Alphabet of codes, without letters that look alike. */
const codeLetters = "abcdefghjkmnpqrstuvwxyz23456789";
const codeLength = 6;

/** A tool call that requires the user's consent. */
export interface ConsentRequest {
  user: string;
  session: string;
  replyId: string;
  tool: string;
  /** Arguments from the model, JSON text. */
  args: string;
}

/** Approvals in MongoDB: they survive restarts, and each is decided once. */
export class Approvals {
  readonly #approvals: Collection<ApprovalDocument>;
  readonly #grants: Collection<ToolGrant>;
  readonly #bus: Pick<Bus, "signal">;
  readonly #out: Pick<OutPublisher, "frame">;
  readonly #waitMs: number;

  /** `waitMs`: how long a user may take to answer. */
  constructor(db: Db, bus: Pick<Bus, "signal">, out: Pick<OutPublisher, "frame">, waitMs: number) {
    this.#approvals = db.collection<ApprovalDocument>(collections.approvals);
    this.#grants = db.collection<ToolGrant>(collections.toolGrants);
    this.#bus = bus;
    this.#out = out;
    this.#waitMs = waitMs;
  }

  /** Creates the indexes; idempotent. */
  async createIndexes(): Promise<void> {
    await this.#approvals.createIndexes([
      { key: { user: 1, created_at: 1 } },
      { key: { expires_at: 1 }, expireAfterSeconds: keepSeconds },
    ]);
    await this.#grants.createIndex({ "_id.user": 1 });
  }

  /** Whether the user has permanently allowed a tool. */
  async isAllowed(user: string, tool: string): Promise<boolean> {
    return (await this.#grants.findOne({ _id: { user, tool } })) !== null;
  }

  /** Opens the approval of a call; a restarted turn gets the one of its earlier run, decided or not. */
  async open(request: ConsentRequest): Promise<ApprovalDocument> {
    const { user, session, replyId, tool, args } = request;
    const digest = createHash("sha256")
      .update(JSON.stringify([user, replyId, tool, args]))
      .digest();
    const _id = `${approvalPrefix}${digest.toString("base64url").slice(0, 22)}`;
    const created_at = new Date();
    const opened = await this.#approvals.findOneAndUpdate(
      { _id },
      {
        $setOnInsert: {
          user,
          session,
          reply_id: replyId,
          tool,
          arguments: args.slice(0, argumentChars),
          code: codeOf(digest),
          created_at,
          expires_at: new Date(created_at.getTime() + this.#waitMs),
        },
      },
      { upsert: true, returnDocument: "after" },
    );
    if (opened === null) throw new ParleyError("storage_unavailable");
    return opened;
  }

  /** Outcome of an approval; undefined while it is pending. */
  async outcomeOf(id: string): Promise<ApprovalOutcome | undefined> {
    const found = await this.#approvals.findOne({ _id: id }, { projection: { outcome: 1 } });
    return found === null ? "expired" : found.outcome;
  }

  /**
   * Decides an approval by its id or code.
   * @throws ParleyError `not_found`, or `conflict` when it is already decided or expired
   */
  async decide(user: string, name: string, decision: ApprovalDecision): Promise<ApprovalDocument> {
    const named = { user, $or: [{ _id: name }, { code: name.toLowerCase() }] };
    const open = { ...named, outcome: { $exists: false }, expires_at: { $gt: new Date() } };
    const decided = await this.#approvals.findOneAndUpdate(
      open,
      { $set: { outcome: decision } },
      { sort: { created_at: -1 }, returnDocument: "after" },
    );
    if (decided === null) {
      if ((await this.#approvals.findOne(named)) === null)
        throw new ParleyError("not_found", { error: "确认不存在" });
      throw new ParleyError("conflict", { error: "该确认已有结果或已过期" });
    }
    if (decision === "always")
      await this.#grants.updateOne(
        { _id: { user, tool: decided.tool } },
        { $set: { at: new Date() } },
        { upsert: true },
      );
    this.#announce(decided, decision);
    return decided;
  }

  /** Expires an approval unless it was decided first. */
  async expire(id: string): Promise<ApprovalOutcome> {
    const expired = await this.#approvals.findOneAndUpdate(
      { _id: id, outcome: { $exists: false } },
      { $set: { outcome: "expired" } },
      { returnDocument: "after" },
    );
    if (expired === null) return (await this.outcomeOf(id)) ?? "expired";
    this.#announce(expired, "expired");
    return "expired";
  }

  /** Denies all pending approvals of a session. */
  async denyAll(user: string, session: string): Promise<void> {
    for (const { approval_id, session_id } of await this.pending(user))
      if (session_id === session) await this.decide(user, approval_id, "deny").catch(() => {});
  }

  /** Pending approvals of a user, oldest first. */
  async pending(user: string): Promise<Approval[]> {
    const documents = await this.#approvals
      .find({ user, outcome: { $exists: false }, expires_at: { $gt: new Date() } })
      .sort({ created_at: 1 })
      .limit(listed)
      .toArray();
    return documents.map(toApproval);
  }

  /** Names of the tools a user has permanently allowed. */
  async allowedTools(user: string): Promise<string[]> {
    const grants = await this.#grants.find({ "_id.user": user } as object).toArray();
    return grants.map(({ _id }) => _id.tool).toSorted();
  }

  /** Revokes a permanent permission. @throws ParleyError `not_found` */
  async revoke(user: string, tool: string): Promise<void> {
    const { deletedCount } = await this.#grants.deleteOne({ _id: { user, tool } });
    if (deletedCount === 0) throw new ParleyError("not_found");
  }

  /** Deletes all data of a user. */
  async erase(user: string): Promise<void> {
    await this.#approvals.deleteMany({ user });
    await this.#grants.deleteMany({ "_id.user": user } as object);
  }

  #announce({ _id, user, session }: ApprovalDocument, outcome: ApprovalOutcome): void {
    this.#bus.signal(approvalDecided, { user, approval_id: _id, outcome });
    this.#out.frame(user, {
      frame: {
        type: "approval_decided",
        session_id: session,
        approval_id: _id,
        decision: outcome,
        timestamp: Date.now(),
      },
    });
  }
}

/** An approval as the API returns it. */
export function toApproval(document: ApprovalDocument): Approval {
  return {
    approval_id: document._id,
    session_id: document.session,
    message_id: document.reply_id,
    tool_name: document.tool,
    arguments: document.arguments,
    code: document.code,
    created_at: document.created_at.getTime(),
    expires_at: document.expires_at.getTime(),
  };
}

function codeOf(digest: Buffer): string {
  return Array.from(digest.subarray(-codeLength), (byte) => codeLetters[byte % codeLetters.length]).join("");
}
