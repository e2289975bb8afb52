import type { Collection, Db } from "mongodb";
import type {
  ConditionTrace,
  Run,
  RunDocument,
  RunRequest,
  StepTrace,
} from "../../schemas/documents/automation.ts";
import { collections } from "../../schemas/documents/collections.ts";

const keptMs = 90 * 24 * 3600 * 1000;

/** Runs with their traces in MongoDB, for 90 days. */
export class RunStore {
  readonly #runs: Collection<RunDocument>;

  constructor(db: Db) {
    this.#runs = db.collection(collections.runs);
  }

  async createIndexes(): Promise<void> {
    await this.#runs.createIndexes([
      { key: { user: 1, rule: 1, started_at: -1 } },
      { key: { expires_at: 1 }, expireAfterSeconds: 0 },
    ]);
  }

  /** Starts a run, or loads the state left by an earlier owner. */
  async begin({ id, user, rule, trigger, dry_run }: RunRequest): Promise<RunDocument | null> {
    const started_at = new Date();
    const document: Omit<RunDocument, "_id"> = {
      ...{ user, rule, trigger, dry_run },
      status: "running",
      conditions: [],
      steps: [],
      started_at,
      finished_at: null,
      expires_at: new Date(started_at.getTime() + keptMs),
    };
    return this.#runs.findOneAndUpdate(
      { _id: id },
      { $setOnInsert: document },
      { upsert: true, returnDocument: "after" },
    );
  }

  async traceConditions(id: string, conditions: ConditionTrace[]): Promise<void> {
    await this.#runs.updateOne({ _id: id, status: "running" }, { $set: { conditions } });
  }

  /**
   * Records the start of an attempt; false if the run has ended or another process has started that attempt.
   */
  async beginAttempt(id: string, step: StepTrace): Promise<boolean> {
    const before = step.attempts === 1 ? { $exists: false } : step.attempts - 1;
    const result = await this.#runs.updateOne(
      { _id: id, status: "running", [`steps.${step.index}.attempts`]: before },
      { $set: { [`steps.${step.index}`]: step } },
    );
    return result.matchedCount > 0;
  }

  /** Records the result of a step; false if the run has ended elsewhere. */
  async traceStep(id: string, step: StepTrace): Promise<boolean> {
    const result = await this.#runs.updateOne(
      { _id: id, status: "running" },
      { $set: { [`steps.${step.index}`]: step } },
    );
    return result.matchedCount > 0;
  }

  /** Ends a run; false if it had already ended. */
  async finish(
    id: string,
    status: RunDocument["status"],
    reason: string | undefined,
    at: Date,
  ): Promise<boolean> {
    const result = await this.#runs.updateOne(
      { _id: id, status: "running" },
      { $set: { status, finished_at: at, ...(reason !== undefined && { reason }) } },
    );
    return result.matchedCount > 0;
  }

  list(user: string, rule: string, limit: number, offset: number): Promise<RunDocument[]> {
    return this.#runs
      .find({ user, rule })
      .sort({ started_at: -1, _id: 1 })
      .skip(offset)
      .limit(limit)
      .toArray();
  }

  count(user: string, rule: string): Promise<number> {
    return this.#runs.countDocuments({ user, rule });
  }

  async eraseUser(user: string): Promise<void> {
    await this.#runs.deleteMany({ user });
  }

  async deleteAll(user: string, rule: string): Promise<void> {
    await this.#runs.deleteMany({ user, rule });
  }
}

/** API view of a run. */
export function shownRun(run: RunDocument): Run {
  const {
    _id: id,
    rule: rule_id,
    user: _user,
    expires_at: _expires,
    reason,
    started_at,
    finished_at,
    ...rest
  } = run;
  return {
    id,
    rule_id,
    ...rest,
    ...(reason !== undefined && { reason }),
    started_at: started_at.toISOString(),
    finished_at: finished_at?.toISOString() ?? null,
  };
}
