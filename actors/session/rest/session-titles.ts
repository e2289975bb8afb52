import type { Logger } from "../../../infra/log.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import type { Models } from "../../models/model.ts";
import type { SessionDocuments } from "./session-documents.ts";

/** Messages of a session, commands included, after which no title is made any more. */
const words = new Intl.Segmenter(undefined, { granularity: "word" });
const earlyMessages = 8;
const modelMs = 20_000;
/** Widths in columns: a Chinese character takes two. */
const titleColumns = 40;
const modelChars = 400;
const promptChars = 2_000;
/** Titles that one process makes at a time; a session that comes when there are more is entitled at its next turn. */
const mostAtATime = 32;

const instruction =
  "Write a title for the conversation that begins with this message: at most 6 words, or 12 characters in Chinese or " +
  "Japanese, in the language of the message. Answer with the title alone, without quotation marks.";

/**
 * Gives each session a title after its first turn, unless its user gave it one. It is done beside the turns of this
 * process and may be missed when that dies; then the next early turn makes up for it.
 */
export class SessionTitles {
  readonly #models: Models;
  readonly #sessions: Pick<SessionDocuments, "entitle" | "isUntitled">;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  /** Titles that are being made, by session. */
  readonly #making = new Map<string, Promise<void>>();

  constructor(models: Models, sessions: Pick<SessionDocuments, "entitle" | "isUntitled">, log: Logger) {
    this.#models = models;
    this.#sessions = sessions;
    this.#log = log;
  }

  /** Looks at a committed turn; a turn that is looked at twice makes no difference. */
  consider(turn: Turn): void {
    const asked = turn.messages.find(({ role, id }) => role === "user" && id <= earlyMessages)?.content;
    if (asked === undefined || asked.startsWith("/") || titleFrom(asked) === "") return;
    if (this.#making.size >= mostAtATime || this.#stop.signal.aborted) return;
    const { user, session } = turn._id;
    const key = `${user}.${session}`;
    // The next turn may be done before the model has found a title for the first.
    if (this.#making.has(key)) return;
    const made = this.#make(user, session, asked)
      .catch((err: unknown) => this.#log.warn({ err }, "session not entitled"))
      .finally(() => this.#making.delete(key));
    this.#making.set(key, made);
  }

  /** Ends what is under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#making.values());
  }

  async #make(user: string, session: string, asked: string): Promise<void> {
    // A later turn, or one that came twice: the model is not asked for nothing.
    if (!(await this.#sessions.isUntitled(user, session))) return;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(modelMs)]);
    const title = this.#models.configured ? await titleByModel(this.#models, user, asked, signal) : "";
    await this.#sessions.entitle(user, session, title || titleFrom(asked));
  }
}

/** A title by the model; empty when it fails. */
async function titleByModel(
  models: Models,
  user: string,
  asked: string,
  signal: AbortSignal,
): Promise<string> {
  let text = "";
  try {
    const call = {
      user,
      messages: [
        { role: "system" as const, content: instruction },
        { role: "user" as const, content: asked.slice(0, promptChars) },
      ],
      params: {},
      signal,
    };
    for await (const delta of models.stream("chat", call)) {
      if (delta.kind === "content") text += delta.text;
      if (text.length > modelChars) break;
    }
  } catch {
    return "";
  }
  const line = text.trim().split("\n")[0] ?? "";
  return cut(line.replace(/^["'“”‘’「『《*#\s]+|["'“”‘’」』》*。.!！\s]+$/gu, ""));
}

/** A title from a message: its first sentence, as far as it goes on a line. */
export function titleFrom(content: string): string {
  const plain = content
    .replace(/```[\s\S]*?(```|$)/g, " ")
    .replace(/<\/?action>/g, " ")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[`*_#>|~]+/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const sentence = /^.*?(?:[。！？!?；;]|\.(?=\s))/u.exec(plain)?.[0] ?? plain;
  return cut(sentence.replace(/[。.!！；;，,：:\s]+$/u, ""));
}

/** At most {@link titleColumns} wide, at the end of a word where there is one. */
function cut(text: string): string {
  let columns = 0;
  let end = 0;
  for (const { segment, isWordLike } of words.segment(text)) {
    const width = [...segment].reduce(
      (sum, character) => sum + (/[\u1100-\uffff]/u.test(character) ? 2 : 1),
      0,
    );
    if (columns + width > titleColumns) {
      if (end === 0 && isWordLike) end = longest(segment);
      return `${text.slice(0, end).trimEnd()}…`;
    }
    columns += width;
    end += segment.length;
  }
  return text;
}

/** Units of a single word that fit. */
function longest(word: string): number {
  return [...word].slice(0, titleColumns / 2).join("").length;
}
