import type { FinishReason } from "../../../schemas/documents/message.ts";
import { type ErrorType, ParleyError } from "../../../schemas/errors.ts";
import type { Limits } from "../../../schemas/limits.ts";
import { adminUserId } from "../../../schemas/principal.ts";
import type { ChatMessage } from "../../../schemas/wire/openai.ts";
import type { Segment } from "../../../schemas/wire/review.ts";
import type { ModelCall, Models } from "../../models/model.ts";
import { ProviderError } from "../../models/provider-error.ts";
import type { Toolbox } from "../../tools/index.ts";
import { runToolCalls, ToolCallBuilder, type WholeCall } from "./tool-calls.ts";
import type { TurnEmitter } from "./turn-emitter.ts";

/** Rounds of tool calls in one turn; after the last one the model has to answer without. */
const toolRounds = 5;

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
  /** The model would not take what it was given. */
  refused?: true;
  model?: string;
  usage?: { prompt_tokens: number; completion_tokens: number };
  /** Its sentences as they were spoken, and all of them in one piece. */
  segments?: Segment[];
  fullAudioUrl?: string;
}

/** What a run asks of a model, and for whom. */
export interface TurnCall {
  user: string;
  session: string;
  replyId: string;
  model?: string | undefined;
  messages: ChatMessage[];
  onNote?: ModelCall["onNote"];
  /** Called with each piece of the reply. */
  onText?(text: string): void;
}

/** What a run works with. */
export interface TurnMeans {
  models: Models;
  toolbox: Toolbox;
  limits: Pick<Limits, "turnReplyBytes">;
}

/**
 * Asks the model and streams its reply to the emitter; tools that it calls are run for the user and it is asked again.
 * A model that fails is a reply that failed, with what it said.
 * @throws RunAborted when the run is ended for another reason than a stop.
 */
export async function runTurn(
  means: TurnMeans,
  call: TurnCall,
  emitter: TurnEmitter,
  signal: AbortSignal,
): Promise<Reply> {
  const reply: Reply = { text: "", finish: "stop" };
  try {
    const messages = [...call.messages];
    for (let round = 0; ; round++) {
      const calls = await askModel(means, { ...call, messages }, round < toolRounds, reply, emitter, signal);
      if (calls.length === 0) break;
      const principal = { user_id: call.user, nickname: "", is_admin: call.user === adminUserId };
      messages.push({ role: "assistant", content: null, tool_calls: calls });
      messages.push(
        ...(await runToolCalls(means.toolbox, calls, round, emitter, { ...call, principal, signal })),
      );
    }
  } catch (err) {
    if (signal.aborted) return stopped(reply, signal.reason);
    if (!(err instanceof ParleyError)) throw err;
    reply.finish = "failed";
    reply.error = err.message;
    reply.errorType = err.errorType;
    if (err.cause instanceof ProviderError && err.cause.refused) reply.refused = true;
  }
  return signal.aborted ? stopped(reply, signal.reason) : reply;
}

/** One round: adds what the model says to the reply and returns the tools that it calls. */
async function askModel(
  { models, toolbox, limits }: TurnMeans,
  { user, model, messages, onNote, onText }: TurnCall,
  offerTools: boolean,
  reply: Reply,
  emitter: TurnEmitter,
  signal: AbortSignal,
): Promise<WholeCall[]> {
  const tools =
    offerTools && models.configured && toolbox.offered.length > 0 ? { tools: toolbox.offered } : {};
  const builder = new ToolCallBuilder();
  for await (const delta of models.stream("chat", { user, model, messages, params: tools, signal, onNote })) {
    if (delta.kind === "start") reply.model = delta.model;
    if (delta.kind === "end") addUsage(reply, delta.usage);
    if (delta.kind === "reasoning") emitter.thinking(delta.text);
    if (delta.kind === "tool_calls") builder.add(delta.tool_calls);
    if (delta.kind !== "content") continue;
    reply.text += delta.text;
    emitter.content(delta.text);
    onText?.(delta.text);
    if (reply.text.length > limits.turnReplyBytes) {
      throw new ParleyError("llm_unavailable", { error: "AI 服务暂不可用: 回复过长" });
    }
  }
  return builder.calls;
}

function addUsage(reply: Reply, usage: { prompt_tokens: number; completion_tokens: number }): void {
  reply.usage = {
    prompt_tokens: (reply.usage?.prompt_tokens ?? 0) + usage.prompt_tokens,
    completion_tokens: (reply.usage?.completion_tokens ?? 0) + usage.completion_tokens,
  };
}

/** The reply of a run that was ended. @throws RunAborted when that was for another reason than a stop */
export function stopped(reply: Reply, reason: unknown): Reply {
  if (reason instanceof RunAborted && reason.why === "stop") return { ...reply, finish: "cancelled" };
  throw reason;
}
