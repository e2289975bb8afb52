import { type NatsConnection, RequestError } from "nats";
import type { Logger } from "../../infra/log.ts";
import { recallAnswerSchema } from "../../schemas/memory.ts";
import { lastToken, subjects } from "../../schemas/subjects.ts";

// That nothing is known of a user is told when it changes; the time only bounds a change that was not heard.
const emptyMs = 30_000;
const absentMs = 1_000;
const maxEmpty = 50_000;

/** Asks the memory actors what a turn should know of its user. They are never waited for longer than `recallMs`. */
export class Recall {
  readonly #nc: NatsConnection;
  readonly #log: Logger;
  readonly #waitMs: number;
  /** Users of whom nothing is known, and until when that is believed. */
  readonly #empty = new Map<string, number>();
  #absentUntil = 0;
  #changes = 0;

  constructor(nc: NatsConnection, log: Logger, waitMs: number) {
    this.#nc = nc;
    this.#log = log;
    this.#waitMs = waitMs;
    nc.subscribe(subjects.memoryChangedAll, {
      callback: (err, message) => {
        this.#changes += 1;
        if (err === null) this.#empty.delete(lastToken(message.subject));
      },
    });
  }

  /** Facts about a user that matter to a text, most important first; none without a memory actor. */
  async facts(user: string, text: string): Promise<string[]> {
    const now = performance.now();
    if (now < this.#absentUntil || now < (this.#empty.get(user) ?? 0)) return [];
    const changes = this.#changes;
    try {
      const request = JSON.stringify({ user, text: text.slice(0, maxChars) });
      const message = await this.#nc.request(subjects.memoryRecall, request, { timeout: this.#waitMs });
      const { facts, empty } = recallAnswerSchema.parse(message.json());
      if (empty && changes === this.#changes) this.#remember(user, now);
      return facts;
    } catch (err) {
      if (err instanceof RequestError && err.isNoResponders()) this.#absentUntil = now + absentMs;
      else this.#log.debug({ err }, "nothing recalled in time");
      return [];
    }
  }

  #remember(user: string, now: number): void {
    if (this.#empty.size >= maxEmpty) this.#empty.clear();
    this.#empty.set(user, now + emptyMs);
  }
}

const maxChars = 4_000;
