import { fetchOutbound, OutboundError } from "../../infra/outbound-http.ts";
import type { RunRequest } from "../../schemas/documents/automation.ts";
import type { SessionDocument } from "../../schemas/documents/collections.ts";
import { collections } from "../../schemas/documents/collections.ts";
import type { Step } from "../../schemas/documents/rule-parts.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { adminUserId, type Principal } from "../../schemas/principal.ts";
import { commandDevice } from "../../schemas/routes/devices.ts";
import { createReminder } from "../../schemas/routes/reminders.ts";
import type { ActorContext } from "../actor-context.ts";
import { notify } from "../events/notifier.ts";
import { sendAsUser } from "../events/session-mail.ts";
import type { Budgets } from "../runtime/budgets.ts";
import { RuleFault } from "./rule-fault.ts";
import type { RuleStore } from "./rule-store.ts";
import { type RunIntake, runId } from "./run-intake.ts";
import type { RunRoots } from "./run-roots.ts";

/** Session for a rule's messages without a session id, if the user has no main session. */
const ownSession = "automation";
const answerBytes = 64 * 1024;
const shownChars = 500;

/** A transient error: the step may succeed on retry. */
export class PassingFault extends RuleFault {}

/** Dependencies of steps. */
export interface StepMeans {
  context: Pick<ActorContext, "nc" | "bus" | "routes" | "db" | "settings" | "log">;
  rules: RuleStore;
  intake: RunIntake;
  roots: RunRoots;
  /** Webhook call budgets of users. */
  webhooks: Budgets;
}

/** The run of a step. `key`: idempotency key, the same for every attempt. */
export interface StepCall {
  run: RunRequest;
  key: string;
  signal: AbortSignal;
}

/**
 * Executes a step and returns its trace output.
 * @throws PassingFault for transient errors, RuleFault or ParleyError for permanent ones
 */
export async function perform(means: StepMeans, step: Step, call: StepCall): Promise<unknown> {
  const { context } = means;
  const { user, rule } = call.run;
  switch (step.type) {
    case "notify": {
      const { title, body, level } = step;
      await notify(context, user, {
        id: `ntf_${call.key}`,
        type: level,
        title,
        body,
        data: { rule_id: rule },
      });
      return { notified: title };
    }
    case "device_command": {
      const { type: _, device_id, ...body } = step;
      const ask = { principal: principalOf(user), params: { device_id }, body, idempotencyKey: call.key };
      await passing(context.routes.call(commandDevice, ask)).catch((err: unknown) => {
        const unknown = err instanceof ParleyError && err.errorType === "not_found";
        throw unknown ? new RuleFault(`device does not exist: ${device_id}`, err) : err;
      });
      return { device_id, ...body };
    }
    case "send_message": {
      const session = step.session_id ?? (await mainSession(means, user));
      await sendAsUser(context, { user, session, text: step.content, key: call.key });
      return { session_id: session };
    }
    case "webhook":
      if (means.webhooks.take(user, 1) > 0) throw new RuleFault("webhook: too many calls within a minute");
      return webhook(means, step, call);
    case "reminder":
      return remind(means, step, call);
    case "scene":
      return runScene(means, step.scene_id, call);
    case "delay":
      throw new RuleFault("delay: a step that waits does nothing");
  }
}

/** Trace output of a step in a dry run. */
export function stubbed(step: Step): unknown {
  return { would: step };
}

/**
 * Starts the runs of a scene's rules; each has the chain of rules that led to it. One trigger starts a
 * bounded number of runs in total, however scenes and rules refer to each other.
 * @throws RuleFault when that number is reached
 */
export async function runScene(
  { rules, intake, roots, context }: Pick<StepMeans, "rules" | "intake" | "roots" | "context">,
  sceneId: string,
  { run, key }: Pick<StepCall, "run" | "key">,
): Promise<{ started: string[]; missing: string[] }> {
  const scene = await rules.scene(run.user, sceneId);
  if (scene === null) throw new RuleFault(`scene does not exist: ${sceneId}`);
  const root = run.root ?? run.id;
  const most = context.settings.limits.triggerRuns;
  const granted = await roots.take(root, scene.rule_ids.length, most);
  const started: string[] = [];
  const missing: string[] = [];
  for (const [index, rule] of scene.rule_ids.slice(0, granted).entries()) {
    if ((await rules.rule(run.user, rule)) === null) {
      missing.push(rule);
      continue;
    }
    const trigger = {
      type: "scene",
      at: Date.now(),
      scene_id: sceneId,
      ...(run.trigger.event && { event: run.trigger.event }),
    };
    await intake.start({ ...run, id: runId(rule, `${key} ${index}`), rule, trigger, root });
    started.push(rule);
  }
  if (granted < scene.rule_ids.length) throw new RuleFault(`more than ${most} runs from one trigger`);
  return { started, missing };
}

async function mainSession({ context }: StepMeans, user: string): Promise<string> {
  const sessions = context.db.collection<SessionDocument>(collections.sessions);
  const main = await sessions.findOne({ "_id.user": user, is_main: true, deleted_n: { $exists: false } });
  return main?._id.session ?? ownSession;
}

async function webhook(
  { context }: StepMeans,
  { url, method, headers, body }: Extract<Step, { type: "webhook" }>,
  { key, signal }: StepCall,
): Promise<unknown> {
  const withBody = method !== "GET" && body !== undefined;
  const request = {
    url,
    method,
    headers: {
      ...(withBody && { "content-type": typeof body === "string" ? "text/plain" : "application/json" }),
      "user-agent": "parley",
      ...headers,
      "idempotency-key": key,
    },
    ...(withBody && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    maxBytes: answerBytes,
    timeoutMs: context.settings.limits.stepMs,
    signal,
  };
  try {
    const answer = await fetchOutbound(request, context.settings);
    const shown = answer.body.toString("utf8").slice(0, shownChars);
    if (answer.status >= 500 || answer.status === 429)
      throw new PassingFault(`webhook answered ${answer.status}: ${shown}`);
    if (answer.status >= 400) throw new RuleFault(`webhook answered ${answer.status}: ${shown}`);
    return { status: answer.status, body: shown };
  } catch (err) {
    if (err instanceof OutboundError) throw new PassingFault(`webhook: ${err.message}`, err);
    throw err;
  }
}

async function remind(
  { context }: StepMeans,
  { title, remind_at, delay_s }: Extract<Step, { type: "reminder" }>,
  { run, key }: StepCall,
): Promise<unknown> {
  if (remind_at === undefined && delay_s === undefined)
    throw new RuleFault("reminder: remind_at or delay_s is missing");
  const at = remind_at ?? new Date(run.trigger.at + (delay_s ?? 0) * 1000).toISOString();
  const ask = { principal: principalOf(run.user), body: { title, remind_at: at }, idempotencyKey: key };
  const { reminder } = await passing(context.routes.call(createReminder, ask));
  return { reminder_id: reminder.id, remind_at: reminder.remind_at };
}

/** Converts the unavailability of an actor into a transient error. */
async function passing<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (err) {
    if (err instanceof ParleyError && err.status >= 500) throw new PassingFault(err.message, err);
    throw err;
  }
}

/** The principal a rule runs as; it has exactly its owner's permissions. */
export function principalOf(user: string): Principal {
  return { user_id: user, nickname: "", is_admin: user === adminUserId };
}
