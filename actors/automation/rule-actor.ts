import { readPayload } from "../../infra/bus/payload.ts";
import type { Origin } from "../../infra/bus/rejected.ts";
import {
  type RuleDocument,
  type RunMode,
  type RunRequest,
  runModeSchema,
} from "../../schemas/documents/automation.ts";
import { runRequested } from "../../schemas/messages/runs.ts";
import { streams } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import type { AbortedRun, KeyedActor, LogEntry } from "../runtime/keyed-actor.ts";
import { persist } from "../storage/persist.ts";
import { pause } from "./pause.ts";
import {
  CommittedElsewhere,
  failRun,
  HandedOver,
  makeRun,
  type RunMeans,
  refuseRun,
  Superseded,
} from "./rule-run.ts";

const retryMs = 1_000;
/** Attempts of a run, outages excluded, before it is recorded as failed. */
const runAttempts = 3;

/** Dependencies of the rule actor. */
export type RuleActorMeans = RunMeans & { jsm: ActorContext["jsm"] };

interface Running {
  abort: AbortController;
  done: Promise<void>;
}

/**
 * Actor of one rule: executes its runs according to the rule's mode and removes finished ones from the log.
 */
export class RuleActor implements KeyedActor {
  readonly #means: RuleActorMeans;
  readonly #user: string;
  readonly #rule: string;
  readonly #waiting: { seq: number; request: RunRequest }[] = [];
  readonly #running = new Set<Running>();
  /** Aborted when the rule moves to another process; the next owner continues delays. */
  readonly #leaving = new AbortController();
  #highest = 0;
  #working: Promise<void> | undefined;
  #quiescing = false;
  #usedAt = performance.now();

  constructor(means: RuleActorMeans, user: string, rule: string) {
    this.#means = means;
    this.#user = user;
    this.#rule = rule;
  }

  deliver({ seq, subject, data }: LogEntry): void {
    if (seq <= this.#highest) return;
    this.#highest = seq;
    this.#usedAt = performance.now();
    const payload = readPayload(runRequested, subject, data);
    if (payload.ok) this.#waiting.push({ seq, request: payload.message });
    else
      void this.#setAside({ seq, subject, data, stream: runRequested.stream, at: Date.now() }, payload.error);
    this.#pump();
  }

  /** Drops the oldest waiting run in favour of a newer one; returns whether there was one. */
  async dropOldest(): Promise<boolean> {
    const oldest = this.#waiting.shift();
    if (oldest === undefined) return false;
    await this.#remove(oldest.seq);
    await this.#means.rules.dropped(this.#user, this.#rule, 1);
    return true;
  }

  async quiesce(cut: AbortSignal): Promise<AbortedRun[]> {
    this.#quiescing = true;
    this.#leaving.abort();
    const abort = () => this.#abortAll(new Error("moved"));
    if (cut.aborted) abort();
    cut.addEventListener("abort", abort, { once: true });
    await this.#working;
    await Promise.all([...this.#running].map(({ done }) => done));
    return [];
  }

  abandon(): void {
    this.#quiescing = true;
    this.#abortAll(new Error("lost"));
  }

  isIdle(before: number): boolean {
    return this.#waiting.length === 0 && this.#running.size === 0 && this.#usedAt < before;
  }

  #pump(): void {
    this.#working ??= this.#work()
      .catch((err: unknown) => this.#means.context.log.error({ err, rule: this.#rule }, "rule actor failed"))
      .finally(() => {
        this.#working = undefined;
        if (this.#waiting.length > 0 && !this.#quiescing) this.#pump();
      });
  }

  async #work(): Promise<void> {
    const { rules, context } = this.#means;
    for (let next = this.#waiting[0]; next !== undefined && !this.#quiescing; next = this.#waiting[0]) {
      const rule = await persist(context.log, "rule", () => rules.rule(this.#user, this.#rule));
      if (this.#waiting[0] !== next) continue;
      if (rule === null) {
        this.#waiting.shift();
        await this.#remove(next.seq);
        continue;
      }
      const mode = modeOf(rule);
      while (this.#running.size > 0 && mode === "queued") await this.#oneEnds();
      if (this.#quiescing) return;
      // The run may have been dropped meanwhile.
      if (this.#waiting[0] !== next) continue;
      this.#waiting.shift();
      if (this.#running.size > 0 && mode === "single") {
        await refuseRun(this.#means, next.request, "skipped", "an earlier run is not finished");
        await this.#remove(next.seq);
        continue;
      }
      if (this.#running.size > 0 && mode === "restart") {
        this.#abortAll(new Superseded("a later run has taken its place"));
        await Promise.all([...this.#running].map(({ done }) => done));
      }
      this.#start(next.seq, next.request, rule);
    }
  }

  #start(seq: number, request: RunRequest, rule: RuleDocument): void {
    const abort = new AbortController();
    const running: Running = { abort, done: Promise.resolve() };
    running.done = this.#run(seq, request, rule, abort.signal).finally(() => {
      this.#running.delete(running);
      this.#usedAt = performance.now();
    });
    this.#running.add(running);
  }

  async #run(seq: number, request: RunRequest, rule: RuleDocument, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await makeRun(this.#means, request, rule, { signal, leaving: this.#leaving.signal });
        await this.#remove(seq);
        return;
      } catch (err) {
        if (isLost(signal) || err instanceof HandedOver) return;
        const { log, settings } = this.#means.context;
        log.warn({ err, run: request.id, attempt }, "run attempt failed");
        // Give the executing process the full time of a step.
        const elsewhere = err instanceof CommittedElsewhere;
        if (attempt >= runAttempts && !elsewhere) {
          await failRun(this.#means, request, err);
          await this.#remove(seq);
          return;
        }
        await pause(elsewhere ? settings.limits.stepMs : retryMs, signal.aborted ? undefined : signal);
        if (isLost(signal)) return;
      }
    }
  }

  async #oneEnds(): Promise<void> {
    await Promise.race([...this.#running].map(({ done }) => done));
  }

  #abortAll(reason: Error): void {
    for (const { abort } of this.#running) abort.abort(reason);
  }

  /** Stores a run that does not match this version's schema in REJECTED, then removes it from the log. */
  async #setAside(origin: Origin, reason: Error): Promise<void> {
    const { bus, log } = this.#means.context;
    try {
      await persist(log, "rejected run", () => bus.reject(runRequested, origin, reason));
      await this.#remove(origin.seq);
    } catch (err) {
      // The entry stays in the log; the next owner retries it.
      log.error(
        { err, user: this.#user, rule: this.#rule, seq: origin.seq },
        "invalid run not moved to REJECTED",
      );
    }
  }

  async #remove(seq: number): Promise<void> {
    try {
      await this.#means.jsm.streams.deleteMessage(streams.runs, seq, false);
    } catch (err) {
      // Already removed, or found as finished by the next owner.
      this.#means.context.log.debug({ err, seq }, "run not removed from the log");
    }
  }
}

/** Whether another process owns the run now; a superseded run still has to be finished here. */
function isLost({ aborted, reason }: AbortSignal): boolean {
  return aborted && !(reason instanceof Superseded);
}

/** The default mode queues runs, so that none is lost. */
function modeOf({ actions }: RuleDocument): RunMode {
  return runModeSchema.catch("queued").parse(Array.isArray(actions) ? undefined : actions.mode);
}
