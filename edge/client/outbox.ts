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

/** Where drafts outlive a page; `localStorage` is one. */
export interface DraftStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** What an outbox is made with. */
export interface OutboxOptions {
  /** Sends a frame; false while there is no connection. */
  send(frame: object): boolean;
  /** A draft will not be accepted, whatever is done. */
  onRefused(draft: Draft, error: RequestError): void;
  storage?: DraftStorage | undefined;
  /** Whose drafts these are. */
  owner: string;
}

interface Line {
  drafts: Draft[];
  timer: ReturnType<typeof setTimeout> | undefined;
  backoff: Backoff;
}

/** A draft that has no answer for this long is sent again: the server knows it by its `client_msg_id`. */
const answerMs = 20_000;
const passing = new Set([
  "service_unavailable",
  "storage_unavailable",
  "rate_limited",
  "session_queue_full",
  "internal_error",
]);

/**
 * Messages on their way. Each is sent until the server accepts or refuses it, across connections, those of one session
 * one after the other so that their order holds.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #lines = new Map<string, Line>();
  readonly #prefix: string;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#prefix = `parley.draft.${options.owner}.`;
  }

  /** Drafts of an earlier page, oldest first. */
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

  /** Takes a draft. */
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

  /** A connection is ready: what has no answer is sent again. */
  ready(): void {
    for (const line of this.#lines.values()) this.#transmit(line);
  }

  /** The server has the message. */
  accepted(sessionId: string, clientMsgId: string): void {
    const line = this.#take(sessionId, clientMsgId)?.line;
    line?.backoff.reset();
  }

  /** An answer that is an error: a passing one is retried. */
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

  /** Forgets a draft. */
  discard(sessionId: string, clientMsgId: string): void {
    this.#take(sessionId, clientMsgId);
  }

  /** Stops sending; what is stored stays. */
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
      // A full storage: the draft lives as long as the page does.
    }
  }
}
