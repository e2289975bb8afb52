import { setTimeout as delay } from "node:timers/promises";
import type { Capability } from "../../../schemas/documents/model-settings.ts";
import type { Limits } from "../../../schemas/limits.ts";
import type { ModelCall, ModelDelta, ModelDriver } from "../model.ts";
import { llmUnavailable, ProviderError } from "../provider-error.ts";
import { Watchdog } from "../watchdog.ts";
import { type Capabilities, type CapabilityMemory, refusedCapability } from "./capabilities.ts";
import { type Provider, postCompletion, timesOf } from "./connection.ts";
import { readEvents } from "./events.ts";
import { ProviderReply } from "./reply.ts";
import { requestBody } from "./request-body.ts";

// The JSON around each token takes some hundred bytes.
const envelopeFactor = 64;
const retryBaseMs = 200;
const retryMaxMs = 2_000;
// Only the usage may follow the finish reason; a provider that sends none may keep the connection open.
const usageGraceMs = 2_000;
// Nothing follows the end mark; a connection whose body ends can be reused.
const doneGraceMs = 250;

/** Dependencies of a driver. */
export interface DriverDeps {
  provider: Provider;
  /** The model's name at the provider. */
  model: string;
  limits: Limits;
  capabilities: CapabilityMemory;
}

/** Creates the driver of a model of an OpenAI-compatible provider. */
export function createOpenAIDriver(options: DriverDeps): ModelDriver {
  return { stream: (call) => withRetries(options, call) };
}

/**
 * Retries until a reply starts: after transient failures, and once without each capability that the model
 * rejects.
 */
async function* withRetries(options: DriverDeps, call: ModelCall): AsyncGenerator<ModelDelta> {
  const { limits, capabilities } = options;
  const dropped = new Set<Capability>();
  const effective = (): Capabilities => ({
    ...capabilities.known(),
    ...Object.fromEntries([...dropped].map((one) => [one, false])),
  });
  for (let attempt = 0; ; attempt++) {
    let started = false;
    try {
      for await (const delta of callOnce(options, call, effective())) {
        // The retry succeeded, so the model lacks what was left out.
        if (!started) for (const one of dropped) capabilities.learn(one);
        started = true;
        yield delta;
      }
      return;
    } catch (err) {
      if (call.signal.aborted) throw call.signal.reason;
      const error =
        err instanceof ProviderError ? err : new ProviderError("上游回复中断或无效", { cause: err });
      const refused = started ? undefined : refusedCapability(error, call, effective());
      // The caller must replace the images by text, so the call fails.
      if (refused === "images") capabilities.learn(refused);
      else if (refused !== undefined) {
        dropped.add(refused);
        attempt -= 1;
        continue;
      }
      if (started || !mayRepeat(error, attempt, limits)) throw llmUnavailable(error.message, error);
      await backoff(attempt, error.retryAfterMs, call.signal);
    }
  }
}

async function* callOnce(
  { provider, model, limits }: DriverDeps,
  call: ModelCall,
  capabilities: Capabilities,
): AsyncGenerator<ModelDelta> {
  const times = timesOf(provider, limits);
  const watchdog = new Watchdog(call.signal, limits.providerTotalMs);
  const reply = new ProviderReply(limits.turnReplyBytes);
  const lineBytes = limits.turnReplyBytes;
  const bounds = { lineBytes, bodyBytes: envelopeFactor * lineBytes };
  let started = false;
  const startOnce = (): ModelDelta[] => {
    if (started) return [];
    started = true;
    return [{ kind: "start", model }];
  };
  try {
    watchdog.allow(times.firstTokenMs, "上游未及时开始回复");
    const body = await postCompletion(
      provider,
      times.connectMs,
      requestBody(model, call, capabilities),
      watchdog,
    );
    for await (const event of readEvents(body, bounds)) {
      if (event.kind === "alive" && !reply.finished) watchdog.alive();
      if (event.kind === "done") {
        reply.done();
        watchdog.allow(doneGraceMs, "上游未结束回复");
      }
      if (event.kind !== "value") continue;
      const wasFinished = reply.finished;
      const parts = reply.read(event.value);
      if (parts.length > 0) yield* [...startOnce(), ...parts];
      // Some providers send a finish reason with each chunk.
      const continues = wasFinished && parts.length > 0;
      if (reply.finished && !continues) watchdog.allow(usageGraceMs, "上游未结束回复");
      else if (parts.length > 0) watchdog.allow(times.idleMs, "上游回复中断");
    }
  } catch (err) {
    if (!reply.finished || call.signal.aborted) throw watchdog.signal.aborted ? watchdog.signal.reason : err;
  } finally {
    watchdog.end();
  }
  const rest = reply.end();
  const { finish } = reply;
  if (rest.length > 0) yield* [...startOnce(), ...rest];
  const usage = reply.usage ?? reply.estimate(call.messages);
  yield* [...startOnce(), { kind: "end", finish_reason: finish, usage }];
}

/** When the provider requests a longer delay than a turn should wait, the next model is called instead. */
function mayRepeat(error: ProviderError, attempt: number, limits: Limits): boolean {
  if (!error.retryable || attempt >= limits.providerRetries) return false;
  return (error.retryAfterMs ?? 0) <= retryMaxMs;
}

/** Waits before a retry: exponential backoff with jitter. */
async function backoff(
  attempt: number,
  retryAfterMs: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const wanted = retryAfterMs ?? retryBaseMs * 2 ** attempt * (0.5 + Math.random());
  try {
    await delay(Math.min(wanted, retryMaxMs), undefined, { signal });
  } catch (err) {
    throw signal.aborted ? signal.reason : err;
  }
}
