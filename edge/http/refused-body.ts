import type { Limits } from "../../schemas/limits.ts";
import type { Exchange } from "./exchange.ts";
import type { IncomingBody } from "./incoming-body.ts";

/**
 * Rejects a request whose body is still arriving. Closing the connection now would reset it, and many clients
 * read the response only after their last byte. When the rest has a known, bounded length, the response is
 * sent at once and uWebSockets.js skips the rest; otherwise the body is drained for a while first.
 * `answer(true)` closes the connection.
 */
export function answerRefused(
  exchange: Exchange,
  incoming: IncomingBody,
  limits: Pick<Limits, "refusedBodyBytes" | "bodyTimeoutMs">,
  answer: (close: boolean) => void,
): void {
  const { contentLength, chunked } = exchange.head;
  const { refusedBodyBytes, bodyTimeoutMs } = limits;
  if (incoming.ended || (!chunked && (contentLength ?? 0) <= refusedBodyBytes)) {
    incoming.read(() => {});
    answer(false);
    return;
  }
  let left = refusedBodyBytes;
  const timer = setTimeout(() => answer(true), bodyTimeoutMs);
  exchange.onOver(() => clearTimeout(timer));
  incoming.read((part, last) => {
    left -= part.length;
    if (last) answer(false);
    else if (left < 0) answer(true);
  });
}
