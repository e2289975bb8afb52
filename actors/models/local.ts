import type { Limits } from "../../schemas/limits.ts";
import type { ChatMessage } from "../../schemas/wire/openai.ts";
import type { LocalModelFiles } from "./local-files.ts";
import type { LocalProcess } from "./local-process.ts";
import type { LocalTurn } from "./local-worker.ts";
import type { ModelCall, ModelDelta, ModelDriver } from "./model.ts";
import { alternating } from "./provider/alternation.ts";
import { llmUnavailable, toProviderError } from "./provider-error.ts";
import { textOf, usageOf } from "./tokens.ts";
import { Watchdog } from "./watchdog.ts";

/** Names of the local chat model. */
export const localNames: readonly string[] = ["local", "smollm2-135m"];
/** Its context size; the model supports more, but each token costs CPU time. */
export const localContextTokens = 2048;

const maxReplyTokens = 1024;

/** Creates the driver of the local chat model under one of its names. */
export function createLocalDriver(
  worker: LocalProcess,
  files: LocalModelFiles,
  model: string,
  limits: Limits,
): ModelDriver {
  return { stream: (call) => answer(worker, files, model, limits, call) };
}

async function* answer(
  worker: LocalProcess,
  files: LocalModelFiles,
  model: string,
  limits: Limits,
  call: ModelCall,
): AsyncGenerator<ModelDelta> {
  const watchdog = new Watchdog(call.signal, limits.providerTotalMs);
  let started = false;
  try {
    watchdog.allow(limits.providerFirstTokenMs, "本地模型未及时开始回复");
    for await (const part of worker.generate(
      files,
      toTurns(promptOf(call)),
      options(call),
      watchdog.signal,
    )) {
      if (!started) yield { kind: "start", model };
      started = true;
      if (part.kind === "text") {
        watchdog.allow(limits.providerIdleMs, "本地模型回复中断");
        if (part.text !== "") yield { kind: "content", text: part.text };
      } else if (part.kind === "end") {
        yield { kind: "end", finish_reason: part.finish, usage: usageOf(part.prompt, part.completion) };
      }
    }
  } catch (err) {
    if (call.signal.aborted) throw call.signal.reason;
    const error = toProviderError(err);
    throw llmUnavailable(error.message, error);
  } finally {
    watchdog.end();
  }
}

function options({ params }: ModelCall) {
  const { stop } = params;
  return {
    maxTokens: Math.min(params.max_completion_tokens ?? params.max_tokens ?? maxReplyTokens, maxReplyTokens),
    temperature: params.temperature ?? undefined,
    topP: params.top_p ?? undefined,
    seed: params.seed ?? undefined,
    stop: typeof stop === "string" ? [stop] : (stop ?? []),
  };
}

function promptOf({ own, messages }: ModelCall): readonly ChatMessage[] {
  return own === true ? alternating(messages) : messages;
}

function toTurns(messages: readonly ChatMessage[]): LocalTurn[] {
  return messages.map((message) => ({ role: roleOf(message), text: textOf(message) }));
}

function roleOf({ role }: ChatMessage): LocalTurn["role"] {
  if (role === "assistant") return "model";
  return role === "system" || role === "developer" ? "system" : "user";
}
