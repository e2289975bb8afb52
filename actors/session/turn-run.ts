import { type ErrorType, ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { FinishReason } from "../../schemas/message.ts";
import type { ChatMessage } from "../../schemas/openai.ts";
import type { Models } from "../models/model.ts";
import type { TurnEmitter } from "./turn-emitter.ts";

/** Why a run was ended from outside. Only `stop` leaves something to commit. */
export type AbortCause = "stop" | "deleted" | "moved" | "lost";

/** The reason of a run's abort signal. */
export class RunAborted extends Error {
  readonly why: AbortCause;

  constructor(why: AbortCause) {
    super(`run aborted: ${why}`);
    this.name = "RunAborted";
    this.why = why;
  }
}

/** What a run brought: a reply, whole or not. `error` is the text of the error frame of a failed one. */
export interface Reply {
  text: string;
  finish: FinishReason;
  error?: string;
  errorType?: ErrorType;
  model?: string;
  usage?: { prompt_tokens: number; completion_tokens: number };
}

/** What a run needs. */
export interface TurnCall {
  user: string;
  model?: string | undefined;
  messages: ChatMessage[];
}

/**
 * Asks the model and streams its reply to the emitter. A model that fails is a reply that failed, with what it said.
 * @throws RunAborted when the run is ended for another reason than a stop.
 */
export async function runTurn(
  models: Models,
  call: TurnCall,
  emitter: TurnEmitter,
  signal: AbortSignal,
  limits: Pick<Limits, "turnReplyBytes">,
): Promise<Reply> {
  const reply: Reply = { text: "", finish: "stop" };
  try {
    for await (const delta of models.stream("chat", { ...call, params: {}, signal })) {
      if (delta.kind === "start") reply.model = delta.model;
      if (delta.kind === "end") reply.usage = delta.usage;
      if (delta.kind === "reasoning") emitter.thinking(delta.text);
      if (delta.kind !== "content") continue;
      reply.text += delta.text;
      emitter.content(delta.text);
      if (reply.text.length > limits.turnReplyBytes) {
        throw new ParleyError("llm_unavailable", { error: "AI 服务暂不可用: 回复过长" });
      }
    }
  } catch (err) {
    if (signal.aborted) return stopped(reply, signal.reason);
    if (!(err instanceof ParleyError)) throw err;
    reply.finish = "failed";
    reply.error = err.message;
    reply.errorType = err.errorType;
  }
  return signal.aborted ? stopped(reply, signal.reason) : reply;
}

function stopped(reply: Reply, reason: unknown): Reply {
  if (reason instanceof RunAborted && reason.why === "stop") return { ...reply, finish: "cancelled" };
  throw reason;
}
