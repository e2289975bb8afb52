import type { Logger } from "../../../infra/log.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import type { QuotaLedger } from "../../quota/quota-ledger.ts";
import type { Effects } from "../outbox/effects.ts";
import type { SessionDocuments } from "../rest/session-documents.ts";
import { settleTurn } from "./reserve.ts";
import type { TurnHost } from "./turn-message.ts";

/** Dependencies of the effects step. */
export interface EffectsDeps {
  sessions: Pick<SessionDocuments, "created" | "touched">;
  effects: Pick<Effects, "ofTurn">;
  quota: Pick<QuotaLedger, "limited" | "settle" | "release" | "count">;
  /** Completes the erasure of a clear. */
  erase(turn: Turn): void;
  log: Logger;
}

/** Applies the effects of a commit: transcript, session document, quota, then frames and events. */
export async function completeTurn(
  deps: EffectsDeps,
  host: TurnHost,
  turn: Turn,
  own: boolean,
): Promise<void> {
  const created = host.append(turn, own);
  if (turn.kind === "clear") deps.erase(turn);
  const { user, session } = turn._id;
  if (created) await deps.sessions.created(turn);
  else deps.sessions.touched(user, session, turn.at);
  await settleTurn(deps, turn, own);
  // Start publishing before the next turn starts, so that its frames follow these.
  host.publishing(turn, deps.effects.ofTurn(turn));
}
