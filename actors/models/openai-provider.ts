import { setTimeout as delay } from "node:timers/promises";
import OpenAI from "openai";
import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import type { Limits } from "../../schemas/limits.ts";
import { providerModelsSchema } from "../../schemas/wire/provider-chunk.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import type { ModelCall, ModelDelta, ModelDriver } from "./model.ts";
import { llmUnavailable, ProviderError, toProviderError } from "./provider-error.ts";
import { ProviderReply } from "./provider-reply.ts";
import { Watchdog } from "./watchdog.ts";

/** An OpenAI-compatible endpoint; `apiKey` unset = none is sent. */
export interface Provider {
  baseUrl: string;
  apiKey?: string | undefined;
}

// Each token comes in an envelope of some hundred bytes.
const envelopeFactor = 64;
const retryBaseMs = 200;
const retryMaxMs = 2_000;
// After the finish reason only the usage may follow; providers that send none just hold the line.
const usageGraceMs = 2_000;

/** The client of a provider; it neither retries nor logs nor reads the environment by itself. */
export function createClient({ baseUrl, apiKey }: Provider, limits: Limits): OpenAI {
  const lineBytes = limits.turnReplyBytes;
  return new OpenAI({
    baseURL: baseUrl,
    apiKey: apiKey ?? "none",
    ...(apiKey === undefined && { defaultHeaders: { authorization: null } }),
    adminAPIKey: null,
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: limits.providerConnectMs,
    logLevel: "off",
    fetch: boundedFetch({ lineBytes, bodyBytes: envelopeFactor * lineBytes }),
  });
}

/** Ids of the provider's models. @throws ProviderError when it does not tell within `providerListMs`. */
export async function listProviderModels(client: OpenAI, limits: Limits): Promise<string[]> {
  try {
    const answer: unknown = await client.get("/models", { timeout: limits.providerListMs });
    return providerModelsSchema.parse(answer).data.map(({ id }) => id);
  } catch (err) {
    throw toProviderError(err);
  }
}

/** A model of an OpenAI-compatible provider. */
export function createOpenAIDriver(client: OpenAI, model: string, limits: Limits): ModelDriver {
  return { stream: (call) => withRetries(client, model, limits, call) };
}

async function* withRetries(
  client: OpenAI,
  model: string,
  limits: Limits,
  call: ModelCall,
): AsyncGenerator<ModelDelta> {
  for (let attempt = 0; ; attempt++) {
    let begun = false;
    try {
      for await (const delta of callOnce(client, model, limits, call)) {
        begun = true;
        yield delta;
      }
      return;
    } catch (err) {
      if (call.signal.aborted) throw call.signal.reason;
      const error = toProviderError(err);
      if (begun || !error.retryable || attempt >= limits.providerRetries)
        throw llmUnavailable(error.message, error);
      await backoff(attempt, error.retryAfterMs, call.signal);
    }
  }
}

async function* callOnce(
  client: OpenAI,
  model: string,
  limits: Limits,
  call: ModelCall,
): AsyncGenerator<ModelDelta> {
  const watchdog = new Watchdog(call.signal, limits.providerTotalMs);
  const reply = new ProviderReply(limits.turnReplyBytes);
  try {
    watchdog.allow(limits.providerFirstTokenMs, "上游未及时开始回复");
    const stream = await client.chat.completions.create(requestBody(model, call), {
      signal: watchdog.signal,
    });
    for await (const raw of stream) {
      const parts = reply.read(raw);
      if (parts.length > 0 && !reply.started) {
        reply.started = true;
        yield { kind: "start", model };
      }
      yield* parts;
      if (reply.finish !== undefined) watchdog.allow(usageGraceMs, "上游未结束回复");
      else if (parts.length > 0) watchdog.allow(limits.providerIdleMs, "上游回复中断");
    }
    // The client ends an aborted stream as if it were complete.
    watchdog.signal.throwIfAborted();
  } catch (err) {
    if (reply.finish === undefined || call.signal.aborted)
      throw watchdog.signal.aborted ? watchdog.signal.reason : err;
  } finally {
    watchdog.end();
  }
  if (reply.finish === undefined) throw new ProviderError("上游回复中断");
  if (!reply.started) yield { kind: "start", model };
  yield { kind: "end", finish_reason: reply.finish, usage: reply.usage ?? reply.estimate(call.messages) };
}

function requestBody(model: string, call: ModelCall): ChatCompletionCreateParamsStreaming {
  const body = {
    ...call.params,
    model,
    messages: call.messages,
    stream: true,
    stream_options: { include_usage: true },
  };
  // The request was checked against our schema, which takes what the provider may still refuse.
  return body as ChatCompletionCreateParamsStreaming;
}

/** Waits before a repeat: longer each time, by chance so that many callers don't come back at once. */
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
