import type { z } from "zod";
import type { Bus } from "../../../infra/bus/bus.ts";
import { NoAnswer } from "../../../infra/bus/no-answer.ts";
import type { Logger } from "../../../infra/log.ts";
import type { Passage, passageAnswerSchema } from "../../../schemas/documents/knowledge.ts";
import type { recallAnswerSchema } from "../../../schemas/documents/memory.ts";
import { knowledgeChanged, knowledgeRecall } from "../../../schemas/messages/knowledge.ts";
import { memoryChanged, memoryRecall } from "../../../schemas/messages/memory.ts";
import { placeLine } from "../../text/citation.ts";

/** What a turn is told of its user: facts about him, and passages of his documents that may answer the message. */
export interface Known {
  facts: readonly string[];
  passages: readonly Passage[];
}

/** Without the actors that would know. */
export const nothingKnown: Known = { facts: [], passages: [] };

// That nothing is known of a user is told when it changes; the time only bounds a change that was not heard.
const emptyMs = 30_000;
const absentMs = 1_000;
const maxEmpty = 50_000;
const maxChars = 4_000;

/** Asks the memory and knowledge actors what a turn should know. They are not waited for longer than the limits say. */
export class Recall {
  readonly #facts: Source<z.infer<typeof recallAnswerSchema>>;
  readonly #passages: Source<z.infer<typeof passageAnswerSchema>>;

  constructor(bus: Pick<Bus, "ask" | "listen">, log: Logger) {
    this.#facts = new Source((question) => bus.ask(memoryRecall, question), log);
    this.#passages = new Source((question) => bus.ask(knowledgeRecall, question), log);
    bus.listen(memoryChanged, ({ user }) => this.#facts.changed(user));
    bus.listen(knowledgeChanged, ({ user }) => this.#passages.changed(user));
  }

  /** What is known that matters to a text. */
  async ask(user: string, text: string): Promise<Known> {
    const [facts, passages] = await Promise.all([
      this.#facts.ask(user, text),
      this.#passages.ask(user, text),
    ]);
    if (facts === null && passages === null) return nothingKnown;
    return { facts: facts?.facts ?? [], passages: passages?.passages ?? [] };
  }
}

/** One actor that knows something. Users of whom it knows nothing, and its absence, are not asked about each time. */
class Source<Answer extends { empty: boolean }> {
  readonly #ask: (question: { user: string; text: string }) => Promise<Answer>;
  readonly #log: Logger;
  /** Users of whom nothing is known, and until when that is believed. */
  readonly #empty = new Map<string, number>();
  #absentUntil = 0;
  #changes = 0;

  constructor(ask: (question: { user: string; text: string }) => Promise<Answer>, log: Logger) {
    this.#ask = ask;
    this.#log = log;
  }

  /** What is known of a user has changed. */
  changed(user: string): void {
    this.#changes += 1;
    this.#empty.delete(user);
  }

  async ask(user: string, text: string): Promise<Answer | null> {
    const now = performance.now();
    if (now < this.#absentUntil || now < (this.#empty.get(user) ?? 0)) return null;
    // While it was away, one turn looks whether it is back; the others do not ask with it.
    if (this.#absentUntil > 0) this.#absentUntil = now + absentMs;
    const changes = this.#changes;
    try {
      const answer = await this.#ask({ user, text: text.slice(0, maxChars) });
      this.#absentUntil = 0;
      if (answer.empty && changes === this.#changes) this.#remember(user, now);
      return answer;
    } catch (err) {
      if (err instanceof NoAnswer && err.reason === "no_responders") this.#absentUntil = now + absentMs;
      else this.#log.debug({ err, user }, "nothing recalled in time");
      return null;
    }
  }

  #remember(user: string, now: number): void {
    if (this.#empty.size >= maxEmpty) this.#empty.clear();
    this.#empty.set(user, now + emptyMs);
  }
}

/** How a passage is named: its number, document and place. */
export function sourceLine(passage: Passage, number: number): string {
  return `[${number}] ${placeLine(passage)}`;
}

const code = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g;
const reference = /\[(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\]/g;

/** The sources that a reply names by number outside of code, to be put below it; empty where it names none. */
export function citedSources(text: string, passages: readonly Passage[]): string {
  if (passages.length === 0) return "";
  const prose = text.replace(code, "");
  const numbers = new Set(
    [...prose.matchAll(reference)].flatMap(([, list = ""]) => list.split(/[,，、]/).map(Number)),
  );
  const lines = passages.flatMap((passage, i) => (numbers.has(i + 1) ? [sourceLine(passage, i + 1)] : []));
  return lines.length === 0 ? "" : `\n\n${lines.join("\n")}`;
}
