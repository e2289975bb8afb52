import type { Logger } from "../../../infra/log.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { ChatMessage } from "../../../schemas/wire/openai.ts";
import { estimateTokens, promptTokens } from "../../models/tokens.ts";
import type { QuotaLedger } from "../../quota/quota-ledger.ts";
import { persist } from "../../storage/persist.ts";
import type { Reply } from "./reply.ts";

/** Dependencies of reserving, settling and releasing quota. */
export interface ReserveDeps {
  quota: Pick<QuotaLedger, "limited" | "reserve">;
  log: Logger;
}
type SettleDeps = { quota: Pick<QuotaLedger, "limited" | "settle" | "release" | "count">; log: Logger };
type ReleaseDeps = { quota: Pick<QuotaLedger, "release">; log: Logger };

/** One reservation per log message, however often its turn starts. */
function reservationId(session: string, seq: number): string {
  return `${session}.${seq}`;
}

/** Reserves quota for a turn; over the quota, returns the error reply. */
export async function reserveTurn(
  { quota, log }: ReserveDeps,
  { user, session }: SessionInput,
  seq: number,
  messages: readonly ChatMessage[],
): Promise<Reply | null> {
  if (!quota.limited) return null;
  try {
    const tokens = promptTokens(messages);
    await persist(log, "quota", () => quota.reserve(user, reservationId(session, seq), tokens));
    return null;
  } catch (err) {
    if (!(err instanceof ParleyError)) throw err;
    return { text: "", finish: "failed", error: err.message, errorType: err.errorType };
  }
}

/** Settles a committed turn once, from any process; commands and failed turns are not counted. */
export async function settleTurn({ quota, log }: SettleDeps, turn: Turn, own: boolean): Promise<void> {
  const { user, session } = turn._id;
  const usage = usageOf(turn);
  if (usage !== null && own) quota.count(user, usage);
  if (!quota.limited) return;
  const reservation = reservationId(session, turn.in_seq);
  if (usage === null) await persist(log, "quota", () => quota.release(user, reservation));
  else await persist(log, "quota", () => quota.settle(user, reservation, usage));
}

/** Releases the reservation of a message that ended without a turn. */
export function releaseTurn(
  { quota, log }: ReleaseDeps,
  user: string,
  session: string,
  seq: number,
): Promise<void> {
  return persist(log, "quota", () => quota.release(user, reservationId(session, seq)));
}

function usageOf(turn: Turn): NonNullable<Turn["usage"]> | null {
  if (turn.kind !== "message" || turn.finish_reason === "failed") return null;
  if (turn.usage !== undefined || turn.finish_reason !== "cancelled") return turn.usage ?? null;
  // A stopped model does not report its usage.
  const tokens = (role: string) =>
    turn.messages.reduce((sum, one) => sum + (one.role === role ? estimateTokens(one.content) : 0), 0);
  return { prompt_tokens: tokens("user"), completion_tokens: tokens("assistant") };
}
