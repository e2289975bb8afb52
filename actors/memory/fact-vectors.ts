import type { Logger } from "../../infra/log.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Embeddings } from "../models/embeddings.ts";
import type { Embeddable, MemoryStore } from "./memory-store.ts";

const batch = 8;

/** Embeds stored facts; a fact without a vector is found by keywords. */
export class FactVectors {
  readonly #store: MemoryStore;
  readonly #embeddings: Embeddings;
  readonly #log: Logger;
  readonly #changed: (user: string) => void;

  /** `changed` is called for each user whose facts got vectors. */
  constructor(store: MemoryStore, embeddings: Embeddings, log: Logger, changed: (user: string) => void) {
    this.#store = store;
    this.#embeddings = embeddings;
    this.#log = log;
    this.#changed = changed;
  }

  /** Embeds a new fact; a later sweep retries failures. */
  async embed(fact: Embeddable): Promise<void> {
    try {
      await this.renew([fact]);
    } catch (err) {
      if (!(err instanceof ParleyError))
        this.#log.warn({ err, user: fact.user_id, fact: fact._id }, "fact not embedded");
    }
  }

  /** Embeds facts with the current model. @throws ParleyError when no model responds */
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
