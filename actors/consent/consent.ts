import type { Bus } from "../../infra/bus/bus.ts";
import type { Logger } from "../../infra/log.ts";
import type { ApprovalDocument, ApprovalOutcome } from "../../schemas/documents/approval.ts";
import { approvalDecided } from "../../schemas/messages/approvals.ts";
import type { SessionInput } from "../../schemas/messages/session-input.ts";
import type { OutPublisher } from "../egress/out-publisher.ts";
import type { Effects } from "../session/outbox/effects.ts";
import { persist } from "../storage/persist.ts";
import { type Approvals, toApproval } from "./approvals.ts";

/** Polling interval of a waiting turn, which covers a lost signal, ms. */
const pollMs = 2_000;

/** Dependencies of consent. */
export interface ConsentDeps {
  approvals: Pick<Approvals, "isAllowed" | "open" | "outcomeOf" | "expire">;
  bus: Pick<Bus, "listen">;
  out: Pick<OutPublisher, "frame">;
  effects: Pick<Effects, "bridge">;
  log: Logger;
}

/** Requests consent to tool calls from users, on every surface, and waits for the decision. */
export class Consent {
  readonly #deps: ConsentDeps;
  /** Waiting turns of this process, by approval. */
  readonly #waiting = new Map<string, () => void>();

  constructor(deps: ConsentDeps) {
    this.#deps = deps;
    deps.bus.listen(approvalDecided, ({ approval_id }) => this.#waiting.get(approval_id)?.());
  }

  /**
   * Whether the user allows a tool call; `args` are its arguments as JSON text. Waits until the approval is
   * decided or expires.
   * @throws the signal's reason
   */
  async request(
    input: SessionInput,
    call: { tool: string; args: string },
    signal: AbortSignal,
  ): Promise<ApprovalOutcome> {
    const { approvals, log } = this.#deps;
    const { user, session, reply_id: replyId } = input;
    const stored = <T>(operation: () => Promise<T>) => persist(log, "approval", operation);
    if (await stored(() => approvals.isAllowed(user, call.tool))) return "always";
    const approval = await stored(() => approvals.open({ user, session, replyId, ...call }));
    if (approval.outcome !== undefined) return approval.outcome;
    await this.#show(input, approval);
    for (;;) {
      const left = approval.expires_at.getTime() - Date.now();
      if (left <= 0) return stored(() => approvals.expire(approval._id));
      await this.#signalled(approval._id, Math.min(left, pollMs), signal);
      signal.throwIfAborted();
      const outcome = await stored(() => approvals.outcomeOf(approval._id));
      if (outcome !== undefined) return outcome;
    }
  }

  /** Resolves when the approval may have been decided, after `ms`, or when the turn is aborted. */
  async #signalled(id: string, ms: number, signal: AbortSignal): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let wake = () => {};
    await new Promise<void>((resolve) => {
      wake = resolve;
      timer = setTimeout(resolve, ms);
      this.#waiting.set(id, resolve);
      signal.addEventListener("abort", wake, { once: true });
      if (signal.aborted) resolve();
    });
    clearTimeout(timer);
    signal.removeEventListener("abort", wake);
    this.#waiting.delete(id);
  }

  /**
   * Sends the request to all devices and, for surfaces without frames, also to the surface of the message.
   */
  async #show(input: SessionInput, document: ApprovalDocument): Promise<void> {
    const { out, effects, log } = this.#deps;
    const { created_at: _, ...approval } = toApproval(document);
    const timestamp = Date.now();
    out.frame(input.user, { frame: { type: "approval", ...approval, timestamp } });
    const { approval_id, tool_name, code } = approval;
    const request = `${tool_name} ${approval.arguments}`;
    if (input.surface === "neo") {
      const { message_id, session_id } = approval;
      const payload = { method: "ExecCommand", args: [approval_id] };
      const action = { name: "ExecCommand", type: "Service.__neo", payload, next: "" };
      const command = { id: approval_id, name: tool_name, request };
      out.frame(input.user, {
        frame: {
          type: "command",
          message_id,
          session_id,
          confirm: true,
          command,
          actions: [action],
          timestamp,
        },
      });
    }
    if (input.bridge === undefined) return;
    const text = `请求执行: ${request}\n回复 /approve ${code} 允许，/deny ${code} 拒绝`;
    await effects.bridge(input.bridge, text, `${approval_id}.approval`).catch((err: unknown) => {
      log.warn(
        { err, user: input.user, session: input.session, approval: approval_id },
        "approval request not sent",
      );
    });
  }
}
