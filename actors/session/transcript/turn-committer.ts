import type { Logger } from "../../../infra/log.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import { persist } from "../../storage/persist.ts";
import type { CommitResult } from "./turn-store.ts";

/** Writes under way at once: one travels while the next gathers. */
const inFlight = 2;

interface Waiting {
  turn: Turn;
  resolve(result: CommitResult): void;
}

/**
 * Commits the turns of all sessions of this process in groups: whatever waits when a write returns goes with the next
 * one, so that no turn waits for a timer. A write with an unknown outcome is repeated until MongoDB says what is there.
 */
export class TurnCommitter {
  readonly #insertAll: (turns: Turn[]) => Promise<CommitResult[]>;
  readonly #groupSize: number;
  readonly #log: Logger;
  #waiting: Waiting[] = [];
  #writing = 0;

  constructor(insertAll: (turns: Turn[]) => Promise<CommitResult[]>, groupSize: number, log: Logger) {
    this.#insertAll = insertAll;
    this.#groupSize = groupSize;
    this.#log = log;
  }

  /** Resolves when a majority has the turn, or with the key that another writer was first to take. */
  commit(turn: Turn): Promise<CommitResult> {
    return new Promise((resolve) => {
      this.#waiting.push({ turn, resolve });
      if (this.#writing < inFlight) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#writing += 1;
    // One event-loop turn lets everybody who is ready come along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#groupSize);
      const turns = group.map(({ turn }) => turn);
      const results = await persist(this.#log, "turns", () => this.#insertAll(turns));
      for (const [index, { resolve }] of group.entries()) resolve(results[index] ?? "committed");
    }
    this.#writing -= 1;
  }
}
