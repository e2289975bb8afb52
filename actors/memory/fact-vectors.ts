import type { Logger } from "../../infra/log.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Embeddings } from "../models/embeddings.ts";
import type { Embeddable, MemoryStore } from "./memory-store.ts";

const batch = 8;

/** Gives facts their vectors after they were stored; without one a fact is found by its words. */
export class FactVectors {
  readonly #store: MemoryStore;
  readonly #embeddings: Embeddings;
  readonly #log: Logger;
  readonly #changed: (user: string) => void;

  /** `changed` is told of each user whose facts have got vectors. */
  constructor(store: MemoryStore, embeddings: Embeddings, log: Logger, changed: (user: string) => void) {
    this.#store = store;
    this.#embeddings = embeddings;
    this.#log = log;
    this.#changed = changed;
  }

  /** Embeds a new fact; when that fails, a later look at all facts makes up for it. */
  async embed(fact: Embeddable): Promise<void> {
    try {
      await this.renew([fact]);
    } catch (err) {
      if (!(err instanceof ParleyError)) this.#log.warn({ err }, "a fact has no vector");
    }
  }

  /** Embeds facts by the present model. @throws ParleyError when no model answers. */
  async renew(facts: readonly Embeddable[]): Promise<void> {
    for (let from = 0; from < facts.length; from += batch) {
      const part = facts.slice(from, from + batch);
      const { model, vectors } = await this.#embeddings.embed(
        part.map(({ content }) => content),
        "passage",
      );
      for (const [index, { _id }] of part.entries()) {
        const vector = vectors[index];
        if (vector !== undefined) await this.#store.setVector(_id, model, vector);
      }
      for (const user of new Set(part.map(({ user_id }) => user_id))) this.#changed(user);
    }
  }
}
