import type { NatsConnection } from "nats";
import type { Logger } from "../../infra/log.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { MemoryDocument } from "../../schemas/memory.ts";
import { subjects } from "../../schemas/subjects.ts";
import type { Embeddings } from "../models/embeddings.ts";
import type { MemoryStore, NewFact } from "./memory-store.ts";

/** The one way in and out of memory: tells everybody what has changed, and gives facts their vectors afterwards. */
export class Keeper {
  readonly #store: MemoryStore;
  readonly #embeddings: Embeddings;
  readonly #nc: NatsConnection;
  readonly #maxFacts: number;
  readonly #log: Logger;

  constructor(parts: {
    store: MemoryStore;
    embeddings: Embeddings;
    nc: NatsConnection;
    maxFacts: number;
    log: Logger;
  }) {
    this.#store = parts.store;
    this.#embeddings = parts.embeddings;
    this.#nc = parts.nc;
    this.#maxFacts = parts.maxFacts;
    this.#log = parts.log;
  }

  /** Stores one fact. @throws ParleyError `conflict` when no more fit. */
  async add(user: string, fact: NewFact): Promise<MemoryDocument> {
    if ((await this.#store.count(user)) >= this.#maxFacts)
      throw new ParleyError("conflict", { error: "记忆数量已达上限", hint: "请先删除一些记忆" });
    const { memory } = await this.#store.remember(user, fact);
    this.#changed(user);
    void this.#embed(memory);
    return memory;
  }

  /** Stores what was found in a turn; returns how many facts are new. What does not fit is left out. */
  async keep(user: string, facts: readonly NewFact[], event: string): Promise<number> {
    let added = 0;
    let room = facts.length === 0 ? 0 : this.#maxFacts - (await this.#store.count(user));
    for (const fact of facts) {
      if (room <= 0) break;
      const { memory, change } = await this.#store.remember(user, { ...fact, event });
      if (change === "merged") continue;
      added += 1;
      room -= 1;
      void this.#embed(memory);
    }
    if (added > 0) this.#changed(user);
    return added;
  }

  /** Whether it was there. */
  async forget(user: string, id: string): Promise<boolean> {
    const forgotten = await this.#store.forget(user, id);
    if (forgotten) this.#changed(user);
    return forgotten;
  }

  #changed(user: string): void {
    this.#nc.publish(subjects.memoryChanged(user));
  }

  /** Without a vector a fact is found by its words. */
  async #embed({ _id, user_id, content }: MemoryDocument): Promise<void> {
    try {
      const { model, vectors } = await this.#embeddings.embed([content], "passage");
      if (vectors[0] === undefined) return;
      await this.#store.setVector(_id, model, vectors[0]);
      this.#changed(user_id);
    } catch (err) {
      if (!(err instanceof ParleyError)) this.#log.warn({ err }, "a fact has no vector");
    }
  }
}
