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

/** Ids of approvals begin with it. */
export const approvalPrefix = "ap_";

const keepSeconds = 24 * 3600;
const listed = 100;
const argumentChars = 2_000;
/** Letters of a code: none that are mistaken for one another. */
const codeLetters = "abcdefghjkmnpqrstuvwxyz23456789";
const codeLength = 6;

/** A tool call that needs its user's consent. */
export interface ConsentRequest {
  user: string;
  session: string;
  replyId: string;
  tool: string;
  /** Arguments as the model gave them, JSON text. */
  args: string;
}

/** Approvals in the store: they survive restarts, and each is answered once. */
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

  /** Makes the indexes; safe to repeat. */
  async createIndexes(): Promise<void> {
    await this.#approvals.createIndexes([
      { key: { user: 1, created_at: 1 } },
      { key: { expires_at: 1 }, expireAfterSeconds: keepSeconds },
    ]);
    await this.#grants.createIndex({ "_id.user": 1 });
  }

  /** Whether the user has allowed a tool for good. */
  async isAllowed(user: string, tool: string): Promise<boolean> {
    return (await this.#grants.findOne({ _id: { user, tool } })) !== null;
  }

  /** The approval of a call; a turn that starts again finds the one of its earlier run, answered or not. */
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

  /** How an approval ended; undefined while it waits. */
  async outcomeOf(id: string): Promise<ApprovalOutcome | undefined> {
    const found = await this.#approvals.findOne({ _id: id }, { projection: { outcome: 1 } });
    return found === null ? "expired" : found.outcome;
  }

  /**
   * Answers an approval, named by its id or its code.
   * @throws ParleyError `not_found`, or `conflict` when it is answered or has expired
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

  /** Ends an approval that was not answered in time; an answer that came first stands. */
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

  /** Denies everything that waits in a session. */
  async denyAll(user: string, session: string): Promise<void> {
    for (const { approval_id, session_id } of await this.pending(user))
      if (session_id === session) await this.decide(user, approval_id, "deny").catch(() => {});
  }

  /** What waits for a user's answer, oldest first. */
  async pending(user: string): Promise<Approval[]> {
    const documents = await this.#approvals
      .find({ user, outcome: { $exists: false }, expires_at: { $gt: new Date() } })
      .sort({ created_at: 1 })
      .limit(listed)
      .toArray();
    return documents.map(toApproval);
  }

  /** Names of the tools that a user has allowed for good. */
  async allowedTools(user: string): Promise<string[]> {
    const grants = await this.#grants.find({ "_id.user": user } as object).toArray();
    return grants.map(({ _id }) => _id.tool).toSorted();
  }

  /** The tool needs consent again. @throws ParleyError `not_found` */
  async revoke(user: string, tool: string): Promise<void> {
    const { deletedCount } = await this.#grants.deleteOne({ _id: { user, tool } });
    if (deletedCount === 0) throw new ParleyError("not_found");
  }

  /** Erases everything of a user. */
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

/** An approval as clients are shown it. */
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
