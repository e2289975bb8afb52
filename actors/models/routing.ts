import type { Logger } from "../../infra/log.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Link } from "./catalog.ts";
import type { ModelCall, ModelDelta, ReplyDelta } from "./model.ts";
import { ReplyMessage } from "./provider/reply-message.ts";
import { llmUnavailable, ProviderError } from "./provider-error.ts";

/**
 * Streams from the first link that answers. A link that fails before its first delta, or says nothing, is followed by the
 * next; one that fails later ends the stream, as two models are never spliced into one reply.
 * @throws ParleyError of the last link that was tried, or what `resolve` throws.
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
    let begun = false;
    try {
      for await (const delta of speaking(driver.stream(call), call)) {
        if (!begun && info.id !== first) call.onNote?.({ kind: "fallback", from: first, to: info.id });
        begun = true;
        yield delta;
      }
      return;
    } catch (err) {
      if (call.signal.aborted) throw call.signal.reason;
      last = err instanceof ParleyError ? err : llmUnavailable("内部错误", err);
      log.warn({ model: info.id, provider: info.owned_by, begun, reason: last.message }, "model failed");
      if (!(err instanceof ParleyError)) log.error({ err, model: info.id }, "model driver failed");
      if (begun) throw last;
    }
  }
  throw last ?? llmUnavailable("没有可用的模型");
}

/**
 * A reply from its first part on that shows something; its end holds the whole message. A client of `/v1` that has had
 * the reasoning of a reply that was cut off there is told so.
 * @throws ParleyError `llm_unavailable` for a reply that says nothing
 */
async function* speaking(deltas: AsyncIterable<ModelDelta>, { own }: ModelCall): AsyncGenerator<ReplyDelta> {
  const reply = new ReplyMessage();
  const held: ReplyDelta[] = [];
  let shown = false;
  for await (const delta of deltas) {
    if (delta.kind === "end") {
      const cutOff = shown && own !== true && delta.finish_reason === "length";
      if (!reply.speaks && !cutOff) throw emptyReply();
      yield* [...held, { ...delta, message: reply.message }];
      return;
    }
    reply.add(delta);
    held.push(delta);
    shown ||= delta.kind === "content" || delta.kind === "reasoning" || delta.kind === "tool_calls";
    if (shown) yield* held.splice(0);
  }
}

function emptyReply(): ParleyError {
  const reason = "上游没有给出回复";
  return llmUnavailable(reason, new ProviderError(reason));
}
