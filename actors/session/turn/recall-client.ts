import type { z } from "zod";
import type { Bus } from "../../../infra/bus/bus.ts";
import { NoAnswer } from "../../../infra/bus/no-answer.ts";
import type { Logger } from "../../../infra/log.ts";
import type { Passage, passageAnswerSchema } from "../../../schemas/documents/knowledge.ts";
import type { recallAnswerSchema } from "../../../schemas/documents/memory.ts";
import { knowledgeChanged, knowledgeRecall } from "../../../schemas/messages/knowledge.ts";
import { memoryChanged, memoryRecall } from "../../../schemas/messages/memory.ts";

/** Context about the user: facts, and passages of their documents relevant to the message. */
export interface RecalledContext {
  facts: readonly string[];
  passages: readonly Passage[];
}

/** The context without memory and knowledge actors. */
export const emptyContext: RecalledContext = { facts: [], passages: [] };

// Negative cache, invalidated by `*.changed`; the TTL covers a lost invalidation.
const emptyMs = 30_000;
const absentMs = 1_000;
const maxEmpty = 50_000;
const maxChars = 4_000;

/** Requests context from the memory and knowledge actors, within the configured time limits. */
export class RecallClient {
  readonly #facts: Source<z.infer<typeof recallAnswerSchema>>;
  readonly #passages: Source<z.infer<typeof passageAnswerSchema>>;

  constructor(bus: Pick<Bus, "ask" | "listen">, log: Logger) {
    this.#facts = new Source((question) => bus.ask(memoryRecall, question), log);
    this.#passages = new Source((question) => bus.ask(knowledgeRecall, question), log);
    bus.listen(memoryChanged, ({ user }) => this.#facts.invalidate(user));
    bus.listen(knowledgeChanged, ({ user }) => this.#passages.invalidate(user));
  }

  /** Facts and passages that are relevant to a text. */
  async request(user: string, text: string): Promise<RecalledContext> {
    const [facts, passages] = await Promise.all([
      this.#facts.request(user, text),
      this.#passages.request(user, text),
    ]);
    if (facts === null && passages === null) return emptyContext;
    return { facts: facts?.facts ?? [], passages: passages?.passages ?? [] };
  }
}

/** One actor that supplies context. Caches users without context, and the absence of the actor. */
class Source<Answer extends { empty: boolean }> {
  readonly #ask: (question: { user: string; text: string }) => Promise<Answer>;
  readonly #log: Logger;
  /** Users without any context, and when the cache entry expires. */
  readonly #empty = new Map<string, number>();
  #absentUntil = 0;
  #changes = 0;

  constructor(ask: (question: { user: string; text: string }) => Promise<Answer>, log: Logger) {
    this.#ask = ask;
    this.#log = log;
  }

  /** Drops the cache entry of a user. */
  invalidate(user: string): void {
    this.#changes += 1;
    this.#empty.delete(user);
  }

  async request(user: string, text: string): Promise<Answer | null> {
    const now = performance.now();
    if (now < this.#absentUntil || now < (this.#empty.get(user) ?? 0)) return null;
    // While the actor is absent, one turn at a time probes it.
    if (this.#absentUntil > 0) this.#absentUntil = now + absentMs;
    const changes = this.#changes;
    try {
      const answer = await this.#ask({ user, text: text.slice(0, maxChars) });
      this.#absentUntil = 0;
      if (answer.empty && changes === this.#changes) this.#remember(user, now);
      return answer;
    } catch (err) {
      if (err instanceof NoAnswer && err.reason === "no_responders") this.#absentUntil = now + absentMs;
      else this.#log.debug({ err, user }, "recall request failed");
      return null;
    }
  }

  #remember(user: string, now: number): void {
    if (this.#empty.size >= maxEmpty) this.#empty.clear();
    this.#empty.set(user, now + emptyMs);
  }
}
