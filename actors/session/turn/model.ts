import type { Logger } from "../../../infra/log.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import type { Limits } from "../../../schemas/limits.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import { adminUserId } from "../../../schemas/principal.ts";
import type { ChatMessage } from "../../../schemas/wire/openai.ts";
import { tokenSum } from "../../../schemas/wire/provider-chunk.ts";
import type { ModelCall, Models } from "../../models/model.ts";
import { ProviderError } from "../../models/provider-error.ts";
import type { OfferedTools, Toolbox } from "../../tools/index.ts";
import type { TurnEmitter } from "./emitter.ts";
import { cancelledReply, type Reply } from "./reply.ts";
import { ReplyBudget } from "./reply-budget.ts";
import { runToolCalls, type ToolDeps } from "./tool-calls.ts";

/** Dependencies of the model step. */
export interface ModelDeps {
  models: Pick<Models, "stream" | "configured">;
  toolbox: Toolbox;
  consent: ToolDeps["consent"];
  limits: Pick<Limits, "turnReplyBytes" | "turnFramesBytes" | "toolCalls" | "toolRounds">;
  log: Logger;
}

/** A model request of a run. */
export interface ModelRequest {
  input: SessionInput;
  user: string;
  session: string;
  replyId: string;
  model?: string | undefined;
  messages: ChatMessage[];
  /** The prompt contains third-party text. */
  foreign: boolean;
  onNote?: ModelCall["onNote"];
  /** Called with each chunk of the reply. */
  onText?(text: string): void;
}

/** One turn's conversation with the model. */
interface Exchange {
  request: ModelRequest;
  tools: OfferedTools;
  reply: Reply;
  budget: ReplyBudget;
  emitter: TurnEmitter;
  signal: AbortSignal;
}

/**
 * Requests a completion and streams it to the emitter; runs tool calls for the user and requests again.
 * A model error results in a failed reply with the text so far.
 * @throws RunAborted when the run is aborted for another reason than a stop
 */
export async function askModel(
  deps: ModelDeps,
  request: ModelRequest,
  emitter: TurnEmitter,
  signal: AbortSignal,
): Promise<Reply> {
  const reply: Reply = { text: "", finish: "stop" };
  const budget = new ReplyBudget({
    textBytes: deps.limits.turnReplyBytes,
    encodedBytes: deps.limits.turnFramesBytes,
  });
  try {
    const tools = await deps.toolbox.toolsOf(request.user);
    await runRounds(deps, { request, tools, reply, budget, emitter, signal });
  } catch (err) {
    if (signal.aborted) return cancelledReply(reply, signal.reason);
    if (!(err instanceof ParleyError)) throw err;
    reply.finish = "failed";
    reply.error = err.message;
    reply.errorType = err.errorType;
    if (err.cause instanceof ProviderError && err.cause.refused) reply.refused = true;
  }
  return signal.aborted ? cancelledReply(reply, signal.reason) : reply;
}

/** Rounds of tool calls; the last request offers no tools. */
async function runRounds(deps: ModelDeps, exchange: Exchange): Promise<void> {
  const { request, tools, emitter, signal } = exchange;
  const messages = [...request.messages];
  const principal = { user_id: request.user, nickname: "", is_admin: request.user === adminUserId };
  const inGroup = request.input.bridge?.kind === "group";
  const caller = { ...request, principal, signal, guarded: request.foreign || inGroup };
  for (let round = 0; ; round++) {
    const message = await askOnce(deps, exchange, messages, round < deps.limits.toolRounds);
    const calls = message?.tool_calls ?? [];
    if (message === undefined || calls.length === 0) return;
    if (round >= deps.limits.toolRounds) return endWithoutAnswer(exchange.reply);
    messages.push(message);
    messages.push(...(await runToolCalls({ ...deps, tools }, calls, round, emitter, caller)));
  }
}

/** The model calls tools although none are offered. @throws ParleyError when the reply has no text */
function endWithoutAnswer({ text }: Reply): void {
  if (text === "") throw new ParleyError("llm_unavailable", { error: "AI 服务暂不可用: 工具调用次数过多" });
}

/** One round: appends the model's text to the reply and returns its message with the tool calls. */
async function askOnce(
  { models }: ModelDeps,
  { request, tools, reply, budget, emitter, signal }: Exchange,
  messages: ChatMessage[],
  offerTools: boolean,
): Promise<ChatMessage | undefined> {
  const { user, model, onNote, onText } = request;
  const offered = offerTools && models.configured && tools.offered.length > 0;
  const params = offered ? { tools: tools.offered } : {};
  const call = { user, model, messages, params, own: true, signal, onNote };
  const before = reply.text;
  let message: ChatMessage | undefined;
  for await (const delta of models.stream("chat", call)) {
    switch (delta.kind) {
      case "start":
        reply.model = delta.model;
        break;
      case "content": {
        const text = budget.take(delta.text);
        reply.text += text;
        emitter.content(text);
        onText?.(text);
        if (text.length < delta.text.length)
          throw new ParleyError("llm_unavailable", { error: "AI 服务暂不可用: 回复过长" });
        break;
      }
      case "reasoning":
        emitter.thinking(delta.text);
        break;
      case "retract":
        // Text already streamed can't be recalled, but it is not part of the reply.
        reply.text = before;
        break;
      case "end":
        addUsage(reply, delta.usage);
        message = delta.message;
        break;
    }
  }
  return message;
}

function addUsage(reply: Reply, usage: { prompt_tokens: number; completion_tokens: number }): void {
  reply.usage = {
    prompt_tokens: tokenSum(reply.usage?.prompt_tokens ?? 0, usage.prompt_tokens),
    completion_tokens: tokenSum(reply.usage?.completion_tokens ?? 0, usage.completion_tokens),
  };
}
