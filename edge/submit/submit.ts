import { refuseLarge } from "../../infra/bus/large-payload.ts";
import { currentTrace, newTrace, withTrace } from "../../infra/bus/trace.ts";
import { isSubjectFull } from "../../infra/nats/subject-full.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import { sessionInput } from "../../schemas/messages/session.ts";
import type { MessageState, SessionInput } from "../../schemas/messages/session-input.ts";
import type { UserRates } from "../admission/user-rates.ts";
import type { UserSessions } from "../admission/user-sessions.ts";
import { toParleyError } from "../http/error-shape.ts";
import type { NatsLink } from "../nats-link.ts";
import type { EdgeMetrics } from "../operations/metrics.ts";
import { Confirmations } from "./confirmations.ts";
import type { SessionOwnerClient } from "./session-owner-client.ts";

const publishMs = 5_000;

/** Result of a submit. */
export type SubmitResult =
  /** Stored. The session's owner confirms it with the echo; when that is late, {@link Overdue} follows. */
  | { kind: "accepted" }
  /** The same `client_msg_id` was stored before: the state of the first message. */
  | { kind: "duplicate"; state: MessageState }
  /** Not stored. */
  | { kind: "refused"; error: ParleyError };

/** An accepted message not confirmed in time: its state; undefined when no owner answers. */
export interface Overdue {
  kind: "overdue";
  state: MessageState | undefined;
}

/** Limits of one user: message rate, and sessions at a time. */
interface UserBounds {
  rates: Pick<UserRates, "take">;
  sessions: Pick<UserSessions, "take">;
}

/** Dependencies of {@link Submit}. */
export interface SubmitDeps {
  link: NatsLink;
  owner: SessionOwnerClient;
  bounds: UserBounds;
  limits: Pick<Limits, "contentChars" | "natsMessageBytes" | "confirmMs">;
  metrics: Pick<EdgeMetrics, "messages">;
}

/** The only path of a client's message into its session's log: limits, append, result. */
export class Submit {
  readonly #deps: SubmitDeps;
  readonly #confirmations: Confirmations;

  constructor(deps: SubmitDeps) {
    this.#deps = deps;
    this.#confirmations = new Confirmations(deps.limits.confirmMs);
  }

  /**
   * Submits a message; never rejects. Messages keep the order of the calls: each is published before the
   * first await, or queued with those that follow it. `onOverdue` is called at most once, after `accepted`,
   * and never after {@link confirmed} or {@link forget}.
   */
  async message(input: SessionInput, onOverdue?: (overdue: Overdue) => void): Promise<SubmitResult> {
    const { user, session, client_msg_id } = input;
    // Before the publish: the echo may arrive before the ack.
    if (onOverdue !== undefined)
      this.#confirmations.await(user, session, client_msg_id, () => void this.#overdue(input, onOverdue));
    // Each message starts a trace, unless it belongs to one.
    const result = await withTrace(currentTrace() ?? newTrace(), () => this.#submit(input));
    if (result.kind !== "accepted") this.forget(input);
    const outcome = result.kind === "refused" ? result.error.errorType : result.kind;
    this.#deps.metrics.messages.inc({ surface: input.surface, outcome });
    return result;
  }

  /** The owner has accepted the message, or has refused it to its sender. */
  confirmed(user: string, session: string, clientMsgId: string): void {
    this.#confirmations.done(user, session, clientMsgId);
  }

  /** The sender no longer waits for the confirmation. */
  forget({ user, session, client_msg_id }: SessionInput): void {
    this.#confirmations.done(user, session, client_msg_id);
  }

  /**
   * Whether a session has unfinished messages; undefined when its owner does not answer. Includes unconfirmed
   * messages, which may not have reached the owner.
   */
  async isUnfinished(user: string, session: string): Promise<boolean | undefined> {
    return this.#confirmations.has(user, session) || this.#deps.owner.isUnfinished(user, session);
  }

  /** Cancels all pending confirmations. */
  close(): void {
    this.#confirmations.close();
  }

  async #submit(input: SessionInput): Promise<SubmitResult> {
    try {
      if (!(await this.#append(input))) return { kind: "accepted" };
      return { kind: "duplicate", state: (await this.#stateOf(input)) ?? { status: "unknown" } };
    } catch (cause) {
      return { kind: "refused", error: toParleyError(cause) };
    }
  }

  /** Whether the log already had it. */
  #append(input: SessionInput): Promise<boolean> {
    const { link, bounds, limits } = this.#deps;
    const { user, session, content } = input;
    if (!bounds.rates.take(user)) throw new ParleyError("rate_limited");
    if (content.length > limits.contentChars)
      throw new ParleyError("payload_too_large", {
        error: "请求体过大: content",
        hint: `content 不得超过 ${limits.contentChars} 个字符`,
      });
    if (!link.up) throw new ParleyError("storage_unavailable");
    const fits = bounds.sessions.take(user, session);
    return fits instanceof Promise ? fits.then((free) => this.#store(input, free)) : this.#store(input, fits);
  }

  /** `fits`: whether its user may use this session now. */
  #store(input: SessionInput, fits: boolean): Promise<boolean> {
    const { link, limits } = this.#deps;
    const { attachments } = input;
    if (!fits) {
      throw new ParleyError("rate_limited", {
        error: "未完成的会话过多",
        hint: "等待其他会话的回复完成后再发送",
      });
    }
    const payload = JSON.stringify(input);
    refuseLarge(payload, limits.natsMessageBytes, attachments.length > 0 ? "attachments" : "content");
    // NATS deduplicates for two minutes; later repeats reach the log, where the owner detects them.
    return link.bus.append(sessionInput, input, { text: payload, timeoutMs: publishMs }).then(
      (ack) => ack.duplicate,
      (cause: unknown) => {
        const full = isSubjectFull(cause);
        throw new ParleyError(full ? "session_queue_full" : "storage_unavailable", { cause });
      },
    );
  }

  async #overdue(input: SessionInput, report: (overdue: Overdue) => void): Promise<void> {
    report({ kind: "overdue", state: await this.#stateOf(input) });
  }

  #stateOf({ user, session, client_msg_id }: SessionInput): Promise<MessageState | undefined> {
    return this.#deps.owner.state(user, session, client_msg_id);
  }
}
