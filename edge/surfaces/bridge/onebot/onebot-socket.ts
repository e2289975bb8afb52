import { type CloseReason, closeCodes } from "../../../../schemas/close-codes.ts";
import { newId } from "../../../../schemas/ids.ts";
import { type OnebotAnswer, type OnebotRole, onebotAnswerSchema } from "../../../../schemas/wire/onebot.ts";
import type { RawSocket } from "../../../http/upgrade.ts";

/** Result of a call: a response, not sent, or no response. */
export type CallResult = { kind: "answer"; answer: OnebotAnswer } | { kind: "unsent" } | { kind: "unknown" };

interface Pending {
  timer: NodeJS.Timeout;
  settle(result: CallResult): void;
}

/** One connection of a OneBot client: calls are matched with their responses by `echo`. */
export class OnebotSocket {
  readonly id = newId("ob_");
  readonly user = undefined;
  readonly self: string;
  readonly role: OnebotRole;
  readonly #callMs: number;
  readonly #pending = new Map<string, Pending>();
  #ws: RawSocket | undefined;

  constructor(self: string, role: OnebotRole, callMs: number) {
    this.self = self;
    this.role = role;
    this.#callMs = callMs;
  }

  /** Whether calls can be made here. */
  get takesCalls(): boolean {
    return this.#ws !== undefined && this.role !== "event";
  }

  opened(ws: RawSocket): void {
    this.#ws = ws;
  }

  /** Pending calls were written, but their responses can no longer arrive. */
  closed(): void {
    this.#ws = undefined;
    for (const { timer, settle } of this.#pending.values()) {
      clearTimeout(timer);
      settle({ kind: "unknown" });
    }
    this.#pending.clear();
  }

  call(action: string, params: unknown): Promise<CallResult> {
    const ws = this.#ws;
    if (ws === undefined) return Promise.resolve({ kind: "unsent" });
    const echo = newId("call_", 16);
    return new Promise((settle) => {
      const timer = setTimeout(() => {
        this.#pending.delete(echo);
        settle({ kind: "unknown" });
      }, this.#callMs);
      this.#pending.set(echo, { timer, settle });
      // 2 = dropped at the backpressure limit: nothing was sent.
      if (ws.send(JSON.stringify({ action, params, echo })) !== 2) return;
      clearTimeout(timer);
      this.#pending.delete(echo);
      settle({ kind: "unsent" });
    });
  }

  /** Processes a response to a call; false for any other frame. */
  answer(frame: unknown): boolean {
    const answer = onebotAnswerSchema.safeParse(frame);
    if (!answer.success) return false;
    const pending = this.#pending.get(answer.data.echo);
    if (pending === undefined) return true;
    this.#pending.delete(answer.data.echo);
    clearTimeout(pending.timer);
    pending.settle({ kind: "answer", answer: answer.data });
    return true;
  }

  end(reason: CloseReason): void {
    this.#ws?.end(closeCodes[reason].code, reason);
  }
}
