import type { Logger } from "../../infra/log.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Link } from "./catalog.ts";
import type { ModelCall, ModelDelta } from "./model.ts";
import { llmUnavailable } from "./provider-error.ts";

/**
 * Streams from the first link that answers. A link that fails before its first delta is followed by the next; one that
 * fails later ends the stream, as two models are never spliced into one reply.
 * @throws ParleyError of the last link that was tried, or what `resolve` throws.
 */
export async function* streamChain(
  resolve: () => Promise<readonly Link[]>,
  call: ModelCall,
  log: Logger,
): AsyncGenerator<ModelDelta> {
  let last: ParleyError | undefined;
  let first: string | undefined;
  for (const { info, driver } of await resolve()) {
    first ??= info.id;
    let begun = false;
    try {
      for await (const delta of driver.stream(call)) {
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
