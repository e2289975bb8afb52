import type { ActorContext } from "../../actor-context.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";
import type { SessionTitles } from "../rest/session-titles.ts";
import { Effects } from "./effects.ts";

/** Wires the outbox: what committed turns publish. */
export function createOutbox(
  { bus, log }: ActorContext,
  out: OutPublisher,
  titles: Pick<SessionTitles, "consider">,
): Effects {
  return new Effects(out, bus, log, (turn) => titles.consider(turn));
}
