import type { Logger } from "../../../infra/log.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import { writeBatch } from "../../storage/batch-write.ts";
import type { CommitResult } from "./turn-store.ts";

/** Writes under way at once: one travels while the next gathers. */
const inFlight = 2;

/** A turn that MongoDB refuses: it can't be committed however often it is tried. */
export class UnstorableTurn extends Error {
  constructor(reason: string) {
    super(`turn not storable: ${reason}`);
    this.name = "UnstorableTurn";
  }
}

interface Waiting {
  turn: Turn;
  resolve(result: CommitResult): void;
  reject(cause: Error): void;
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

  /**
   * Resolves when a majority has the turn, or with the key that another writer was first to take.
   * @throws UnstorableTurn for one that MongoDB refuses; the others of its group are committed.
   */
  commit(turn: Turn): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ turn, resolve, reject });
      if (this.#writing < inFlight) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#writing += 1;
    // One event-loop turn lets everybody who is ready come along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#groupSize);
      const results = new Map<Turn, CommitResult>();
      const turns = group.map(({ turn }) => turn);
      const refused = await writeBatch(this.#log, "turns", turns, async (some) => {
        const inserted = await this.#insertAll([...some]);
        for (const [index, turn] of some.entries()) results.set(turn, inserted[index] ?? "committed");
      });
      const reasons = new Map(refused.map(({ item, reason }) => [item, reason]));
      for (const { turn, resolve, reject } of group) {
        const reason = reasons.get(turn);
        if (reason === undefined) resolve(results.get(turn) ?? "committed");
        else reject(new UnstorableTurn(reason));
      }
    }
    this.#writing -= 1;
  }
}
