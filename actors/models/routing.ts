import type { Logger } from "../../infra/log.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Link } from "./catalog.ts";
import type { ModelCall, ModelDelta, ReplyDelta } from "./model.ts";
import { ReplyMessage } from "./provider/reply-message.ts";
import { llmUnavailable, ProviderError } from "./provider-error.ts";

/**
 * Streams from the first model that answers. When a model fails before its first delta, or replies empty, the
 * next one is called; a later failure ends the stream, as replies of two models are never mixed.
 * @throws ParleyError of the last model called, or what `resolve` throws
 */
export async function* streamChain(
  resolve: () => Promise<readonly Link[]>,
  call: ModelCall,
  log: Logger,
): AsyncGenerator<ReplyDelta> {
  let last: ParleyError | undefined;
  let first: string | undefined;
  for (const { info, driver } of await resolve()) {
    first ??= info.id;
    let started = false;
    try {
      for await (const delta of nonEmptyReply(driver.stream(call), call)) {
        if (!started && info.id !== first) call.onNote?.({ kind: "fallback", from: first, to: info.id });
        started = true;
        yield delta;
      }
      return;
    } catch (err) {
      if (call.signal.aborted) throw call.signal.reason;
      last = err instanceof ParleyError ? err : llmUnavailable("内部错误", err);
      log.warn(
        { user: call.user, model: info.id, provider: info.owned_by, started, reason: last.message },
        "model failed",
      );
      if (!(err instanceof ParleyError))
        log.error({ err, user: call.user, model: info.id }, "model driver failed");
      if (started) throw last;
    }
  }
  throw last ?? llmUnavailable("没有可用的模型");
}

/**
 * Passes a reply on from its first non-empty part; its end contains the complete message. For a `/v1` client
 * that received only reasoning, a truncated reply ends normally.
 * @throws ParleyError `llm_unavailable` for an empty reply
 */
async function* nonEmptyReply(
  deltas: AsyncIterable<ModelDelta>,
  { own }: ModelCall,
): AsyncGenerator<ReplyDelta> {
  const reply = new ReplyMessage();
  const held: ReplyDelta[] = [];
  let started = false;
  for await (const delta of deltas) {
    if (delta.kind === "end") {
      const cutOff = started && own !== true && delta.finish_reason === "length";
      if (!reply.speaks && !cutOff) throw emptyReply();
      yield* [...held, { ...delta, message: reply.message }];
      return;
    }
    reply.add(delta);
    held.push(delta);
    started ||= delta.kind === "content" || delta.kind === "reasoning" || delta.kind === "tool_calls";
    if (started) yield* held.splice(0);
  }
}

function emptyReply(): ParleyError {
  const reason = "上游没有给出回复";
  return llmUnavailable(reason, new ProviderError(reason));
}
