import { failpoint } from "../../infra/failpoint.ts";
import {
  type RuleDocument,
  type RunDocument,
  type RunRequest,
  type Step,
  type StepTrace,
  stepSchema,
} from "../../schemas/documents/automation.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { persist } from "../storage/persist.ts";
import { isStorageAway } from "../storage/storage-error.ts";
import { userTimeZone } from "../time/user-time-zone.ts";
import { judge, nowIn } from "./conditions.ts";
import { pause } from "./pause.ts";
import { RuleFault } from "./rule-fault.ts";
import type { RunStore } from "./run-store.ts";
import { PassingFault, perform, type StepMeans, stubbed } from "./steps.ts";

const firstRetryMs = 500;

/** What runs work with. */
export interface RunMeans extends StepMeans {
  runs: RunStore;
}

/** The reason of a run's abort signal that ends it as `failed`; any other end leaves it to the next owner. */
export class Superseded extends RuleFault {}

/** Another process makes the run: this one was stopped or cut off, and has lost it. */
export class CommittedElsewhere extends Error {
  constructor() {
    super("the run is made elsewhere");
    this.name = "CommittedElsewhere";
  }
}

/**
 * Makes a run, or goes on with one that an earlier owner has left: steps that succeeded are not done again.
 * @throws CommittedElsewhere; the signal's reason when it is cut short for another owner to go on
 */
export async function makeRun(
  means: RunMeans,
  request: RunRequest,
  rule: RuleDocument,
  signal: AbortSignal,
): Promise<void> {
  const { runs, context } = means;
  const run = await persist(context.log, "run", () => runs.begin(request));
  if (run === null || run.status !== "running") return;
  try {
    const skipped = await judgeRun(means, request, rule);
    if (skipped !== null) return await finish(means, request, "skipped", skipped);
    const steps = stepsOf(rule.actions, context.settings.limits.runSteps);
    for (const [index, step] of steps.entries()) {
      if (run.steps[index]?.status === "succeeded" || run.steps[index]?.status === "stubbed") continue;
      await makeStep(means, request, step, run.steps[index] ?? traceOf(request, step, index), signal);
    }
    await finish(means, request, "succeeded");
  } catch (err) {
    const reason = signal.aborted ? signal.reason : err;
    if (signal.aborted && !(reason instanceof Superseded)) throw reason;
    if (!(reason instanceof RuleFault || reason instanceof ParleyError)) throw reason;
    await finish(means, request, "failed", reason.message);
  }
}

/** Records a run that did not begin. */
export async function refuseRun(
  means: RunMeans,
  request: RunRequest,
  status: "skipped" | "failed",
  reason: string,
): Promise<void> {
  const run = await persist(means.context.log, "run", () => means.runs.begin(request));
  if (run?.status === "running") await finish(means, request, status, reason);
}

/** What stands in a rule's actions as its steps, unread. */
export function listedSteps(actions: RuleDocument["actions"]): unknown[] {
  return Array.isArray(actions) ? actions : Array.isArray(actions.steps) ? actions.steps : [actions];
}

/** The steps of a rule's actions. @throws RuleFault that names the first that can't be understood */
export function stepsOf(actions: RuleDocument["actions"], most: number): Step[] {
  const listed = listedSteps(actions);
  if (listed.length === 0) throw new RuleFault("actions: no steps");
  if (listed.length > most) throw new RuleFault(`actions: more than ${most} steps`);
  return listed.map((step: unknown, index) => {
    const parsed = stepSchema.safeParse(step);
    if (parsed.success) return parsed.data;
    const type = String((step as { type?: unknown } | null)?.type ?? "").slice(0, 64);
    const [issue] = parsed.error.issues;
    if (issue?.path[0] === "type" || issue === undefined)
      throw new RuleFault(`step ${index + 1}: unknown type: ${type}`);
    throw new RuleFault(`step ${index + 1} (${type}): ${issue.path.join(".")} ${issue.message}`);
  });
}

/** Why the run is skipped, or null. */
async function judgeRun(
  { context, runs }: RunMeans,
  request: RunRequest,
  rule: RuleDocument,
): Promise<string | null> {
  const { chain, trigger, user } = request;
  if (chain.includes(rule._id)) throw new RuleFault(`cycle: ${[...chain, rule._id].join(" → ")}`);
  if (chain.length >= context.settings.limits.runChain)
    throw new RuleFault(`more than ${context.settings.limits.runChain} rules led to one another`);
  const zone = await persist(context.log, "time zone", () =>
    userTimeZone(context.db, context.settings, user),
  );
  const event = { ...trigger.event, trigger: { type: trigger.type }, now: nowIn(trigger.at, zone) };
  const { met, traces } = judge(rule.conditions, event);
  await persist(context.log, "run", () => runs.traceConditions(request.id, traces));
  return met ? null : "conditions do not hold";
}

function traceOf({ id }: RunRequest, { type }: Step, index: number): StepTrace {
  return { index, type, key: `${id}-${index}`, status: "running", attempts: 0 };
}

/** Tries a step until it succeeds, or may not be tried again. */
async function makeStep(
  means: RunMeans,
  request: RunRequest,
  step: Step,
  before: StepTrace,
  signal: AbortSignal,
): Promise<void> {
  const { context, runs } = means;
  const { stepAttempts } = context.settings.limits;
  const trace: StepTrace = { ...before };
  const write = () => persist(context.log, "run", () => runs.traceStep(request.id, trace));
  const began = performance.now();
  for (let last: unknown; ; ) {
    signal.throwIfAborted();
    if (trace.attempts >= stepAttempts) {
      const error = last instanceof Error ? last.message : "interrupted too often";
      Object.assign(trace, { status: "failed", error, duration_ms: Math.round(performance.now() - began) });
      await write();
      throw new RuleFault(`step ${trace.index + 1} (${step.type}): ${error}`, last);
    }
    trace.attempts += 1;
    // Written first: an attempt that kills its process counts as well, and of two processes one makes it.
    if (!(await persist(context.log, "run", () => runs.beginAttempt(request.id, trace))))
      throw new CommittedElsewhere();
    try {
      const run = { ...request, chain: [...request.chain, request.rule] };
      const call = { run, key: trace.key, signal };
      trace.result = request.dry_run ? stubbed(step) : await perform(means, step, call);
      failpoint("step_done", step.type);
      trace.status = request.dry_run ? "stubbed" : "succeeded";
      trace.duration_ms = Math.round(performance.now() - began);
      await write();
      return;
    } catch (err) {
      last = err;
      if (!isPassing(err)) trace.attempts = stepAttempts;
      else if (trace.attempts < stepAttempts) await pause(firstRetryMs * 2 ** (trace.attempts - 1), signal);
    }
  }
}

function isPassing(err: unknown): boolean {
  return err instanceof PassingFault || isStorageAway(err);
}

async function finish(
  { runs, rules, context }: RunMeans,
  { id, user, rule, dry_run }: RunRequest,
  status: RunDocument["status"],
  reason?: string,
): Promise<void> {
  const at = new Date();
  const ended = await persist(context.log, "run", () => runs.finish(id, status, reason, at));
  if (ended && !dry_run) await persist(context.log, "rule", () => rules.ran(user, rule, status, at));
}
