import type { Logger } from "../../../infra/log.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import type { Models } from "../../models/model.ts";
import type { SessionDocuments } from "./session-documents.ts";

const words = new Intl.Segmenter(undefined, { granularity: "word" });
/** Messages of a session, commands included, after which no title is made any more. */
const earlyMessages = 8;
const modelMs = 20_000;
/** Widths in columns: a Chinese character takes two. */
const titleColumns = 40;
const modelChars = 400;
const promptChars = 2_000;
/** Titles that one process makes at a time; a session beyond them gets its title at its next turn. */
const maxConcurrent = 32;

const instruction =
  "Write a title for the conversation that begins with this message: at most 6 words, or 12 characters in Chinese or " +
  "Japanese, in the language of the message. Answer with the title alone, without quotation marks.";

/**
 * Sets a title for each session after its first turn, unless its user has set one. This runs beside the turns
 * and is lost when the process dies; the next early turn repeats it.
 */
export class SessionTitles {
  readonly #models: Models;
  readonly #sessions: Pick<SessionDocuments, "setTitle" | "isUntitled">;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  /** Titles in progress, by session. */
  readonly #making = new Map<string, Promise<void>>();

  constructor(models: Models, sessions: Pick<SessionDocuments, "setTitle" | "isUntitled">, log: Logger) {
    this.#models = models;
    this.#sessions = sessions;
    this.#log = log;
  }

  /** Makes a title after a committed turn, if one is due; idempotent. */
  consider(turn: Turn): void {
    const question = turn.messages.find(({ role, id }) => role === "user" && id <= earlyMessages)?.content;
    if (question === undefined || question.startsWith("/") || titleFrom(question) === "") return;
    if (this.#making.size >= maxConcurrent || this.#stop.signal.aborted) return;
    const { user, session } = turn._id;
    const key = `${user}.${session}`;
    // The next turn may be committed before the title of the first is made.
    if (this.#making.has(key)) return;
    const made = this.#make(user, session, question)
      .catch((err: unknown) => this.#log.warn({ err, user, session }, "session title not set"))
      .finally(() => this.#making.delete(key));
    this.#making.set(key, made);
  }

  /** Aborts the titles in progress. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#making.values());
  }

  async #make(user: string, session: string, question: string): Promise<void> {
    // A later or repeated turn: no model is asked.
    if (!(await this.#sessions.isUntitled(user, session))) return;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(modelMs)]);
    const title = this.#models.configured ? await titleByModel(this.#models, user, question, signal) : "";
    await this.#sessions.setTitle(user, session, title || titleFrom(question));
  }
}

/** A title by the model; empty when it fails. */
async function titleByModel(
  models: Models,
  user: string,
  question: string,
  signal: AbortSignal,
): Promise<string> {
  let text = "";
  try {
    const call = {
      user,
      messages: [
        { role: "system" as const, content: instruction },
        { role: "user" as const, content: question.slice(0, promptChars) },
      ],
      params: {},
      own: true,
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
  return truncate(line.replace(/^["'“”‘’「『《*#\s]+|["'“”‘’」』》*。.!！\s]+$/gu, ""));
}

/** A title from a message: its first sentence, as far as it goes on a line. */
export function titleFrom(content: string): string {
  const plain = withoutCode(content)
    .slice(0, promptChars)
    .replace(/<\/?action>/g, " ")
    .replace(/!?\[([^[\]]*)\]\([^()]*\)/g, "$1")
    .replace(/[`*_#>|~]+/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const sentence = /^.*?(?:[。！？!?；;]|\.(?=\s))/u.exec(plain)?.[0] ?? plain;
  return truncate(sentence.replace(/[。.!！；;，,：:\s]+$/u, ""));
}

/** A text without its blocks of code, read once from left to right. */
function withoutCode(content: string): string {
  const fences = content.split("```");
  return fences.filter((_, index) => index % 2 === 0).join(" ");
}

/** At most {@link titleColumns} wide; ends at a word boundary where there is one. */
function truncate(text: string): string {
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
