import type { MemoryDocument } from "../../schemas/documents/memory.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { FactVectors } from "./fact-vectors.ts";
import { forgottenFacts } from "./forgetting.ts";
import type { MemoryChange } from "./memory-change.ts";
import type { MemoryStore, NewFact } from "./memory-store.ts";

/** The single writer of memory: publishes changes, and embeds facts after they are stored. */
export class MemoryWriter {
  readonly #store: MemoryStore;
  readonly #vectors: Pick<FactVectors, "embed">;
  readonly #changed: (user: string) => void;
  readonly #maxFacts: number;

  constructor(parts: {
    store: MemoryStore;
    vectors: Pick<FactVectors, "embed">;
    changed: (user: string) => void;
    maxFacts: number;
  }) {
    this.#store = parts.store;
    this.#vectors = parts.vectors;
    this.#changed = parts.changed;
    this.#maxFacts = parts.maxFacts;
  }

  /** Stores one fact. @throws ParleyError `conflict` at the limit */
  async add(user: string, fact: NewFact): Promise<MemoryDocument> {
    if ((await this.#store.count(user)) >= this.#maxFacts)
      throw new ParleyError("conflict", { error: "记忆数量已达上限", hint: "请先删除一些记忆" });
    const { memory } = await this.#store.remember(user, fact);
    this.#changed(user);
    void this.#vectors.embed(memory);
    return memory;
  }

  /** Stores facts of a turn up to the limit; returns the number of new ones. */
  async keep(user: string, facts: readonly NewFact[], event: string): Promise<number> {
    let added = 0;
    let room = facts.length === 0 ? 0 : this.#maxFacts - (await this.#store.count(user));
    for (const fact of facts) {
      if (room <= 0) break;
      const { memory, change } = await this.#store.remember(user, { ...fact, event });
      if (change === "merged") continue;
      added += 1;
      room -= 1;
      void this.#vectors.embed(memory);
    }
    if (added > 0) this.#changed(user);
    return added;
  }

  /** Applies changes from a user's message; returns the number of changed facts. */
  async apply(user: string, changes: readonly MemoryChange[], event: string): Promise<number> {
    let changed = 0;
    for (const change of changes)
      if (change.kind === "fact") changed += await this.keep(user, [change.fact], event);
      else if (change.kind === "forget") changed += await this.#forgetAbout(user, change.about);
      else changed += await this.#end(user, change);
    return changed;
  }

  /** Ends facts by id. */
  async end(user: string, ids: readonly string[]): Promise<number> {
    const ended = await this.#store.end(user, ids);
    if (ended > 0) this.#changed(user);
    return ended;
  }

  async #end(user: string, { slot, value = "" }: Extract<MemoryChange, { kind: "end" }>): Promise<number> {
    const prefix = slot.endsWith("*") ? slot.slice(0, -1) : undefined;
    const meant = (await this.#store.current(user)).filter(
      (fact) =>
        (prefix === undefined ? fact.slot === slot : fact.slot?.startsWith(prefix) === true) &&
        fact.content.toLowerCase().includes(value.toLowerCase()),
    );
    return this.end(
      user,
      meant.map(({ _id }) => _id),
    );
  }

  async #forgetAbout(user: string, about: string): Promise<number> {
    let forgotten = 0;
    for (const { _id } of forgottenFacts(about, await this.#store.current(user)))
      if (await this.forget(user, _id)) forgotten += 1;
    return forgotten;
  }

  /** Deletes a fact; returns whether it existed. */
  async forget(user: string, id: string): Promise<boolean> {
    const forgotten = await this.#store.forget(user, id);
    if (forgotten) this.#changed(user);
    return forgotten;
  }
}
