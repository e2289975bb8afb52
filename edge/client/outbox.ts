import { Backoff } from "./backoff.ts";
import type { FrameOf } from "./frames.ts";
import { RequestError } from "./request-error.ts";

/** A frame that the server must accept: a message, or the request for another reply. */
export interface Draft {
  type: "message" | "regenerate";
  session_id: string;
  client_msg_id: string;
  [field: string]: unknown;
}

/** Persistent storage for drafts, such as `localStorage`. */
export interface DraftStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Constructor options of an outbox. */
export interface OutboxOptions {
  /** Sends a frame; false while there is no connection. */
  send(frame: object): boolean;
  /** A draft was finally refused. */
  onRefused(draft: Draft, error: RequestError): void;
  storage?: DraftStorage | undefined;
  /** User of these drafts. */
  owner: string;
}

interface Line {
  drafts: Draft[];
  timer: ReturnType<typeof setTimeout> | undefined;
  backoff: Backoff;
}

/** A draft without an answer for this long is resent: the server deduplicates by `client_msg_id`. */
const answerMs = 20_000;
const passing = new Set([
  "service_unavailable",
  "storage_unavailable",
  "rate_limited",
  "session_queue_full",
  "internal_error",
]);

/**
 * Unanswered messages. Each is sent until the server accepts or refuses it, across connections; messages of
 * one session are sent one at a time to keep their order.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #lines = new Map<string, Line>();
  readonly #prefix: string;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#prefix = `parley.draft.${options.owner}.`;
  }

  /** Drafts stored by an earlier page, oldest first. */
  stored(): Draft[] {
    const { storage } = this.#options;
    if (storage === undefined) return [];
    const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
    const texts = keys.filter((key) => key.startsWith(this.#prefix)).map((key) => storage.getItem(key) ?? "");
    return texts
      .map((text) => JSON.parse(text) as { at: number; draft: Draft })
      .sort((a, b) => a.at - b.at)
      .map(({ draft }) => draft);
  }

  /** Adds a draft. */
  add(draft: Draft, keep = true): void {
    const line = this.#lines.get(draft.session_id) ?? {
      drafts: [],
      timer: undefined,
      backoff: new Backoff(500, 15_000),
    };
    this.#lines.set(draft.session_id, line);
    line.drafts.push(draft);
    if (keep) this.#store(draft);
    if (line.drafts.length === 1) this.#transmit(line);
  }

  /** The connection is ready: resends drafts without an answer. */
  ready(): void {
    for (const line of this.#lines.values()) this.#transmit(line);
  }

  /** The server has accepted the message. */
  accepted(sessionId: string, clientMsgId: string): void {
    const line = this.#take(sessionId, clientMsgId)?.line;
    line?.backoff.reset();
  }

  /** An error answer: retryable ones are retried. */
  refused({ session_id, client_msg_id, errorType, error, hint }: FrameOf<"error">): void {
    if (session_id === undefined || client_msg_id === undefined) return;
    const line = this.#lines.get(session_id);
    if (line?.drafts[0]?.client_msg_id !== client_msg_id) return;
    if (passing.has(errorType)) {
      this.#again(line, line.backoff.next());
      return;
    }
    const draft = this.#take(session_id, client_msg_id)?.draft;
    if (draft === undefined) return;
    const of = { status: 400, errorType, ...(hint !== undefined && { hint }) };
    this.#options.onRefused(draft, new RequestError(error, of));
  }

  /** Removes a draft. */
  discard(sessionId: string, clientMsgId: string): void {
    this.#take(sessionId, clientMsgId);
  }

  /** Stops sending; stored drafts remain. */
  stop(): void {
    for (const { timer } of this.#lines.values()) clearTimeout(timer);
    this.#lines.clear();
  }

  #take(sessionId: string, clientMsgId: string): { line: Line; draft: Draft } | undefined {
    this.#options.storage?.removeItem(this.#prefix + clientMsgId);
    const line = this.#lines.get(sessionId);
    const index = line?.drafts.findIndex((draft) => draft.client_msg_id === clientMsgId) ?? -1;
    const draft = line?.drafts[index];
    if (line === undefined || draft === undefined) return undefined;
    line.drafts.splice(index, 1);
    clearTimeout(line.timer);
    if (line.drafts.length === 0) this.#lines.delete(sessionId);
    else if (index === 0) this.#transmit(line);
    return { line, draft };
  }

  #transmit(line: Line): void {
    clearTimeout(line.timer);
    const draft = line.drafts[0];
    if (draft !== undefined && this.#options.send(draft)) this.#again(line, answerMs);
  }

  #again(line: Line, ms: number): void {
    clearTimeout(line.timer);
    line.timer = setTimeout(() => this.#transmit(line), ms);
  }

  #store(draft: Draft): void {
    try {
      const entry = JSON.stringify({ at: Date.now(), draft });
      this.#options.storage?.setItem(this.#prefix + draft.client_msg_id, entry);
    } catch {
      // The storage is full: the draft lives as long as the page.
    }
  }
}
