import type { Turn } from "../../../schemas/documents/collections.ts";
import type { HistoryMessage } from "../../../schemas/documents/message.ts";
import { reviewOf } from "../../review/review.ts";
import type { SessionQueues } from "../rest/session-queues.ts";
import type { TurnStore } from "./turn-store.ts";

const turnsPerRead = 100;

/** Selects messages: `offset` counts back from the newest, `before` is an `id` or a `message_id`. */
export interface HistoryQuery {
  limit: number;
  offset: number;
  before?: number | string | undefined;
}

/** A page, oldest first. */
export interface HistoryPage {
  messages: HistoryMessage[];
  has_more: boolean;
}

/** Reads transcripts for clients, without the turns hidden by a clear or delete. */
export class History {
  readonly #store: Pick<TurnStore, "page">;
  readonly #owner: Pick<SessionQueues, "queue">;
  readonly #pageBytes: number;

  /** `pageBytes` bounds the text of one page. */
  constructor(store: Pick<TurnStore, "page">, owner: Pick<SessionQueues, "queue">, pageBytes: number) {
    this.#store = store;
    this.#owner = owner;
    this.#pageBytes = pageBytes;
  }

  /**
   * A page of a session; the last page ends with the accepted, unfinished messages. The owner is queried
   * before the transcript is read: a message that finishes in between is in both, and listed once.
   */
  async page(user: string, session: string, query: HistoryQuery): Promise<HistoryPage> {
    const last = query.offset === 0 && query.before === undefined;
    const { unfinished } = last ? await this.#owner.queue(user, session) : { unfinished: [] };
    const page = await this.#committed(user, session, query);
    const committed = new Set(page.messages.map(({ message_id }) => message_id));
    return {
      ...page,
      messages: [...page.messages, ...unfinished.filter(({ message_id }) => !committed.has(message_id))],
    };
  }

  /** Every message of a session, newest first. `wanted`: expected number of messages read. */
  async *newestFirst(
    user: string,
    session: string,
    wanted = Number.MAX_SAFE_INTEGER,
  ): AsyncGenerator<HistoryMessage> {
    let below = Number.MAX_SAFE_INTEGER;
    // Most turns have two messages; one extra turn shows whether another page exists.
    let size = Math.min(turnsPerRead, Math.ceil(wanted / 2) + 1);
    const replaced = new Set<string>();
    /** Text of truncated replies, by the newest cut of each. */
    const played = new Map<string, string>();
    for (;;) {
      const turns = await this.#store.page(user, session, below, size);
      for (const turn of turns) {
        if (turn.cut !== undefined && !played.has(turn.cut.message_id)) {
          played.set(turn.cut.message_id, turn.cut.text);
        }
        if (turn.kind === "cut" || turn.kind === "queue") continue;
        if (turn.kind !== "message") return;
        if (turn.replaces !== undefined) replaced.add(turn.replaces);
        yield* messagesOf(turn, played)
          .toReversed()
          .filter(({ message_id }) => !replaced.has(message_id));
      }
      const oldest = turns.at(-1);
      if (oldest === undefined || turns.length < size) return;
      below = oldest._id.n;
      size = turnsPerRead;
    }
  }

  async #committed(
    user: string,
    session: string,
    { limit, offset, before }: HistoryQuery,
  ): Promise<HistoryPage> {
    const messages: HistoryMessage[] = [];
    const wanted = before === undefined ? offset + limit : undefined;
    let skip = offset;
    let below = before === undefined;
    let bytes = 0;
    for await (const message of this.newestFirst(user, session, wanted)) {
      if (!below) {
        below = message.message_id === before;
        if (typeof before !== "number" || (message.id ?? 0) >= before) continue;
        below = true;
      }
      if (skip > 0) {
        skip -= 1;
        continue;
      }
      bytes += Buffer.byteLength(message.content);
      if (messages.length === limit || (bytes > this.#pageBytes && messages.length > 0)) {
        return { messages: messages.reverse(), has_more: true };
      }
      messages.push(message);
    }
    return { messages: messages.reverse(), has_more: false };
  }
}

function messagesOf(turn: Turn, played: ReadonlyMap<string, string>): HistoryMessage[] {
  return turn.messages.map((message) => ({
    ...message,
    ...renderedContent(message.role, played.get(message.message_id) ?? message.content),
    ...(message.role === "assistant" && turn.timing && { timing: turn.timing }),
    session_id: turn._id.session,
  }));
}

/** The text of a message, with its review pieces if it is a reply with several kinds of text. */
function renderedContent(role: HistoryMessage["role"], content: string) {
  if (role !== "assistant" || !/[<(（`#*|\n]/.test(content)) return { content };
  const pieces = reviewOf(content);
  const isPlain = pieces.length === 1 && pieces[0]?.content === content;
  return isPlain || pieces.length === 0 ? { content } : { content, review_messages: pieces };
}
