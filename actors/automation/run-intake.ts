import { createHash } from "node:crypto";
import { isSubjectFull } from "../../infra/nats/subject-full.ts";
import type { RunRequest } from "../../schemas/documents/automation.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { runAsk, runRequested } from "../../schemas/messages/runs.ts";
import type { ActorContext } from "../actor-context.ts";
import { Budgets } from "../runtime/budgets.ts";
import type { RuleStore } from "./rule-store.ts";

const minuteMs = 60_000;
/** Attempts to make room for one run before its cause is redelivered. */
const attempts = 3;

/** Appends runs to the log; from there on they survive crashes. */
export class RunIntake {
  readonly #context: Pick<ActorContext, "bus" | "log">;
  readonly #rules: RuleStore;
  readonly #budgets: Budgets;
  /** The newest run of each rule whose user is out of budget. */
  readonly #deferred = new Map<string, RunRequest>();

  constructor(context: Pick<ActorContext, "bus" | "log" | "settings">, rules: RuleStore) {
    this.#context = context;
    this.#rules = rules;
    this.#budgets = new Budgets(context.settings.limits.userRunsPerMin, minuteMs);
  }

  /**
   * @throws ParleyError `rate_limited` at the limit of unfinished runs of the rule; other errors of the
   * stream
   */
  async start(request: RunRequest): Promise<void> {
    try {
      await this.#append(request);
    } catch (err) {
      if (!isSubjectFull(err)) throw err;
      throw new ParleyError("rate_limited", { error: "该规则未完成的运行过多", cause: err });
    }
  }

  /**
   * Starts a triggered run. If too many are waiting, the oldest is dropped and counted on its rule. For a
   * user over budget, only the newest run of each rule is kept, and started when budget is available.
   */
  async startNewest(request: RunRequest): Promise<void> {
    const wait = this.#budgets.take(request.user, 1);
    if (wait > 0) return this.#defer(request, wait);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#append(request);
      } catch (err) {
        if (!isSubjectFull(err) || attempt >= attempts) throw err;
        await this.#dropOldest(request);
      }
    }
  }

  async #append(request: RunRequest): Promise<void> {
    await this.#context.bus.append(runRequested, request);
  }

  async #dropOldest({ user, rule }: RunRequest): Promise<void> {
    await this.#context.bus.ask(runAsk, { kind: "drop_oldest", user, rule });
  }

  async #defer(request: RunRequest, wait: number): Promise<void> {
    const { user, rule } = request;
    const earlier = this.#deferred.get(rule);
    this.#deferred.set(rule, request);
    if (earlier !== undefined) {
      if (earlier.id !== request.id) await this.#rules.dropped(user, rule, 1);
      return;
    }
    this.#context.log.info({ user, rule }, "run deferred");
    setTimeout(() => {
      const newest = this.#deferred.get(rule);
      this.#deferred.delete(rule);
      if (newest === undefined) return;
      this.startNewest(newest).catch((err: unknown) =>
        this.#context.log.warn({ err, user, rule }, "deferred run not started"),
      );
    }, wait).unref();
  }
}

/** Deterministic run id of a rule and cause. */
export function runId(rule: string, cause: string): string {
  return `run_${createHash("sha256").update(`${rule} ${cause}`).digest("base64url").slice(0, 24)}`;
}
