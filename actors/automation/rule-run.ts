import { failpoint } from "../../infra/failpoint.ts";
import type { RuleDocument, RunDocument, RunRequest, StepTrace } from "../../schemas/documents/automation.ts";
import type { Step } from "../../schemas/documents/rule-parts.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { currentDevices } from "../devices/current-devices.ts";
import { persist } from "../storage/persist.ts";
import { isStorageAway } from "../storage/storage-error.ts";
import { userTimeZone } from "../time/user-time-zone.ts";
import { devicesOf, judge, nowIn } from "./conditions.ts";
import { pause } from "./pause.ts";
import { devicesIn } from "./placeholders.ts";
import { RuleFault } from "./rule-fault.ts";
import { filledStep, stepsOf } from "./rule-steps.ts";
import type { RunStore } from "./run-store.ts";
import { PassingFault, perform, type StepMeans, stubbed } from "./steps.ts";

const firstRetryMs = 500;

/** Dependencies of runs. */
export interface RunMeans extends StepMeans {
  runs: RunStore;
}

/** Abort reason that ends a run as `failed`; any other leaves it to the next owner. */
export class Superseded extends RuleFault {}

/** Another process executes the run; this one was paused or disconnected and has lost it. */
export class CommittedElsewhere extends Error {
  constructor() {
    super("the run is made elsewhere");
    this.name = "CommittedElsewhere";
  }
}

/** A run in a delay is left to the rule's next owner. */
export class HandedOver extends Error {}

/** Abort signals of a run: its own, and in a delay also the move of its rule to another process. */
export interface RunSignals {
  signal: AbortSignal;
  leaving: AbortSignal;
}

/**
 * Executes a run, or continues one of an earlier owner; completed steps are not repeated.
 * @throws CommittedElsewhere; HandedOver; the signal's reason when another owner is to continue
 */
export async function makeRun(
  means: RunMeans,
  request: RunRequest,
  rule: RuleDocument,
  signals: RunSignals,
): Promise<void> {
  const { runs, context } = means;
  const { signal } = signals;
  const run = await persist(context.log, "run", () => runs.begin(request));
  if (run === null || run.status !== "running") return;
  try {
    const event = await eventOf(means, request, rule);
    const skipped = await judgeRun(means, request, rule, event);
    if (skipped !== null) return await finish(means, request, "skipped", skipped);
    for (const [index, step] of stepsOf(rule.actions, context.settings.limits.runSteps).entries()) {
      const before = run.steps[index];
      if (before?.status === "succeeded" || before?.status === "stubbed") continue;
      const trace = before ?? traceOf(request, step, index);
      if (step.type === "delay" && !request.dry_run) await wait(means, request, step, trace, signals);
      else await makeStep(means, request, filledStep(step, event, index), trace, signal);
    }
    await finish(means, request, "succeeded");
  } catch (err) {
    const reason = signal.aborted ? signal.reason : err;
    if (signal.aborted && !(reason instanceof Superseded)) throw reason;
    if (!(reason instanceof RuleFault || reason instanceof ParleyError)) throw reason;
    await finish(means, request, "failed", reason.message);
  }
}

/** Ends a run that keeps failing, even if its event can't be stored. */
export async function failRun(means: RunMeans, request: RunRequest, cause: unknown): Promise<void> {
  const { log } = means.context;
  const reason = cause instanceof Error ? cause.message.slice(0, 500) : "failed";
  const { event: _, ...trigger } = request.trigger;
  try {
    await refuseRun(means, { ...request, trigger }, "failed", reason);
  } catch (err) {
    log.error({ err, run: request.id }, "failed run not recorded");
  }
}

/** Records a run that was not started. */
export async function refuseRun(
  means: RunMeans,
  request: RunRequest,
  status: "skipped" | "failed",
  reason: string,
): Promise<void> {
  const run = await persist(means.context.log, "run", () => means.runs.begin(request));
  if (run?.status === "running") await finish(means, request, status, reason);
}

/** Variables of conditions and placeholders: the event, the time, and referenced devices. */
async function eventOf(
  { context }: RunMeans,
  { trigger, user }: RunRequest,
  rule: RuleDocument,
): Promise<Record<string, unknown>> {
  const zone = await persist(context.log, "time zone", () =>
    userTimeZone(context.db, context.settings, user),
  );
  const steps = stepsOf(rule.actions, context.settings.limits.runSteps);
  const named = [...devicesOf(rule.conditions), ...steps.flatMap((step) => devicesIn(step))];
  const found = named.length === 0 ? [] : await currentDevices(context, user, [...new Set(named)]);
  const devices = Object.fromEntries(found.map((device) => [device.device_id, device]));
  return { ...trigger.event, trigger: { type: trigger.type }, now: nowIn(trigger.at, zone), devices };
}

/** Reason to skip the run, or null. */
async function judgeRun(
  { context, runs }: RunMeans,
  request: RunRequest,
  rule: RuleDocument,
  event: Record<string, unknown>,
): Promise<string | null> {
  const { chain } = request;
  if (chain.includes(rule._id)) throw new RuleFault(`cycle: ${[...chain, rule._id].join(" → ")}`);
  if (chain.length >= context.settings.limits.runChain)
    throw new RuleFault(`more than ${context.settings.limits.runChain} rules led to one another`);
  const { met, traces } = judge(rule.conditions, event);
  await persist(context.log, "run", () => runs.traceConditions(request.id, traces));
  return met ? null : "conditions do not hold";
}

/** Waits for a delay; its end is stored, so that the next owner waits only for the rest. */
async function wait(
  { context, runs }: RunMeans,
  request: RunRequest,
  { seconds }: Extract<Step, { type: "delay" }>,
  before: StepTrace,
  { signal, leaving }: RunSignals,
): Promise<void> {
  const trace: StepTrace = { ...before, attempts: 1, until: before.until ?? Date.now() + seconds * 1_000 };
  const write = () => persist(context.log, "run", () => runs.traceStep(request.id, trace));
  if (before.until === undefined) await write();
  await pause((trace.until ?? 0) - Date.now(), AbortSignal.any([signal, leaving]));
  signal.throwIfAborted();
  if (leaving.aborted && (trace.until ?? 0) > Date.now())
    throw new HandedOver("delay left to the next owner");
  Object.assign(trace, { status: "succeeded", duration_ms: seconds * 1_000 });
  await write();
}

function traceOf({ id }: RunRequest, { type }: Step, index: number): StepTrace {
  return { index, type, key: `${id}-${index}`, status: "running", attempts: 0 };
}

/** Executes a step with retries. */
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
    // Written first: an attempt that crashes the process counts, and only one of two processes starts it.
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
