import type { Collection, Db } from "mongodb";
import type { Rule, RuleDocument, Scene, SceneDocument } from "../../schemas/documents/automation.ts";
import { collections } from "../../schemas/documents/collections.ts";

/** Rules and scenes in MongoDB. All methods are scoped to a user, except those for schedules. */
export class RuleStore {
  readonly #rules: Collection<RuleDocument>;
  readonly #scenes: Collection<SceneDocument>;

  constructor(db: Db) {
    this.#rules = db.collection(collections.rules);
    this.#scenes = db.collection(collections.scenes);
  }

  async createIndexes(): Promise<void> {
    await Promise.all([
      this.#rules.createIndexes([
        { key: { user: 1, created_at: 1 } },
        { key: { user: 1, enabled: 1, trigger_type: 1 } },
        { key: { scheduled: 1 }, partialFilterExpression: { scheduled: false } },
        { key: { hook: 1 }, sparse: true },
      ]),
      this.#scenes.createIndex({ user: 1, created_at: 1 }),
    ]);
  }

  rules(user: string, limit: number): Promise<RuleDocument[]> {
    return this.#rules.find({ user }).sort({ created_at: 1, _id: 1 }).limit(limit).toArray();
  }

  rule(user: string, id: string): Promise<RuleDocument | null> {
    return this.#rules.findOne({ _id: id, user });
  }

  /** Enabled rules with these trigger types. */
  triggered(user: string, types: readonly string[]): Promise<RuleDocument[]> {
    return this.#rules.find({ user, enabled: true, trigger_type: { $in: [...types] } }).toArray();
  }

  countRules(user: string, limit: number): Promise<number> {
    return this.#rules.countDocuments({ user }, { limit });
  }

  async addRule(rule: RuleDocument): Promise<void> {
    await this.#rules.insertOne(rule);
  }

  changeRule(
    user: string,
    id: string,
    set: Partial<RuleDocument>,
    only: { due_at?: Date | null } = {},
  ): Promise<RuleDocument | null> {
    return this.#rules.findOneAndUpdate(
      { ...only, _id: id, user },
      { $set: set },
      { returnDocument: "after" },
    );
  }

  async deleteRule(user: string, id: string): Promise<boolean> {
    return (await this.#rules.deleteOne({ _id: id, user })).deletedCount > 0;
  }

  /** Records the end of a run. */
  async ran(user: string, id: string, status: string, at: Date): Promise<void> {
    await this.#rules.updateOne(
      { _id: id, user },
      { $set: { last_status: status, last_run_at: at }, $inc: { run_count: 1 } },
    );
  }

  /** Counts runs dropped because too many were waiting. */
  async dropped(user: string, id: string, runs: number): Promise<void> {
    await this.#rules.updateOne({ _id: id, user }, { $inc: { dropped_count: runs } });
  }

  /** The enabled rule with this secret address, or null. */
  hooked(hook: string): Promise<RuleDocument | null> {
    return this.#rules.findOne({ hook, enabled: true, trigger_type: "webhook" });
  }

  async markScheduled({ _id, user, due_at }: RuleDocument): Promise<void> {
    await this.#rules.updateOne({ _id, user, due_at }, { $set: { scheduled: true } });
  }

  /** Rules with a possibly missing schedule. */
  unscheduled(limit: number): Promise<RuleDocument[]> {
    return this.#rules
      .find({ scheduled: false, due_at: { $ne: null } })
      .limit(limit)
      .toArray();
  }

  /** Marks all rules as unscheduled after a loss of the schedules. */
  async unscheduleAll(): Promise<void> {
    await this.#rules.updateMany({ due_at: { $ne: null } }, { $set: { scheduled: false } });
  }

  async eraseUser(user: string): Promise<void> {
    await Promise.all([this.#rules.deleteMany({ user }), this.#scenes.deleteMany({ user })]);
  }

  scenes(user: string, limit: number): Promise<SceneDocument[]> {
    return this.#scenes.find({ user }).sort({ created_at: 1, _id: 1 }).limit(limit).toArray();
  }

  scene(user: string, id: string): Promise<SceneDocument | null> {
    return this.#scenes.findOne({ _id: id, user });
  }

  countScenes(user: string, limit: number): Promise<number> {
    return this.#scenes.countDocuments({ user }, { limit });
  }

  async addScene(scene: SceneDocument): Promise<void> {
    await this.#scenes.insertOne(scene);
  }

  changeScene(user: string, id: string, set: Partial<SceneDocument>): Promise<SceneDocument | null> {
    return this.#scenes.findOneAndUpdate({ _id: id, user }, { $set: set }, { returnDocument: "after" });
  }

  async deleteScene(user: string, id: string): Promise<boolean> {
    return (await this.#scenes.deleteOne({ _id: id, user })).deletedCount > 0;
  }
}

function hookPath(hook: string): string {
  return `/api/v1/automation/hooks/${hook}`;
}

/** API view of a rule. */
export function shownRule(rule: RuleDocument): Rule {
  const {
    _id: id,
    user: user_id,
    created_at,
    updated_at,
    due_at: _due,
    scheduled: _set,
    last_run_at,
    dropped_count = 0,
    hook,
    ...rest
  } = rule;
  return {
    id,
    user_id,
    ...rest,
    dropped_count,
    ...(hook !== undefined && rule.trigger_type === "webhook" && { hook_url: hookPath(hook) }),
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
    last_run_at: last_run_at?.toISOString() ?? null,
  };
}

/** API view of a scene. */
export function shownScene({ _id: id, user: user_id, created_at, ...rest }: SceneDocument): Scene {
  return { id, user_id, ...rest, created_at: created_at.toISOString() };
}
