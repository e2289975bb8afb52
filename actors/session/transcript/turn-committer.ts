import type { Logger } from "../../../infra/log.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import { writeBatch } from "../../storage/batch-write.ts";
import type { CommitResult } from "./turn-store.ts";

/** Concurrent writes: one is in flight while the next group gathers. */
const inFlight = 2;

/** A turn that MongoDB always refuses. */
export class UnstorableTurnError extends Error {
  constructor(reason: string) {
    super(`turn can't be stored: ${reason}`);
    this.name = "UnstorableTurnError";
  }
}

interface PendingWrite {
  turn: Turn;
  resolve(result: CommitResult): void;
  reject(cause: unknown): void;
}

/**
 * Group commit for all sessions of this process: turns pending when a write returns join the next write, so
 * no turn waits for a timer. A write with an unknown outcome is retried until MongoDB answers; a turn that
 * can't be stored fails alone.
 */
export class TurnCommitter {
  readonly #insertAll: (turns: Turn[]) => Promise<CommitResult[]>;
  readonly #groupSize: number;
  readonly #log: Logger;
  #pending: PendingWrite[] = [];
  #writing = 0;

  constructor(insertAll: (turns: Turn[]) => Promise<CommitResult[]>, groupSize: number, log: Logger) {
    this.#insertAll = insertAll;
    this.#groupSize = groupSize;
    this.#log = log;
  }

  /**
   * Resolves once the turn is majority-committed, or with the unique key that another writer has taken.
   * @throws UnstorableTurnError for a turn that MongoDB refuses; the others of its group are committed
   */
  commit(turn: Turn): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ turn, resolve, reject });
      if (this.#writing < inFlight) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#writing += 1;
    // Yield once to the event loop, so that all ready turns join the group.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0) {
      const group = this.#pending.splice(0, this.#groupSize);
      // A failed write rejects only its own turns; the committer continues.
      await this.#writeGroup(group).catch((err: unknown) => {
        for (const { reject } of group) reject(err);
      });
    }
    this.#writing -= 1;
  }

  async #writeGroup(group: readonly PendingWrite[]): Promise<void> {
    const results = new Map<Turn, CommitResult>();
    const turns = group.map(({ turn }) => turn);
    const refused = await writeBatch(this.#log, "turns", turns, async (some) => {
      const inserted = await this.#insertAll([...some]);
      for (const [index, turn] of some.entries()) results.set(turn, inserted[index] ?? "committed");
    });
    const reasons = new Map(refused.map(({ item, reason }) => [item, reason]));
    for (const { turn, resolve, reject } of group) {
      const result = results.get(turn);
      if (result !== undefined) resolve(result);
      else reject(new UnstorableTurnError(reasons.get(turn) ?? "no result"));
    }
  }
}
