import type { Turn } from "../../../schemas/documents/collections.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { ChatMessage } from "../../../schemas/wire/openai.ts";
import { estimateTokens, promptTokens } from "../../models/tokens.ts";
import { persist } from "../../storage/persist.ts";
import type { SessionContext } from "../actor/session-context.ts";
import type { Reply } from "./turn-run.ts";

type Means = Pick<SessionContext, "quota" | "log">;

/** One message of one log is one reservation, however often its turn starts. */
function holdOf(session: string, seq: number): string {
  return `${session}.${seq}`;
}

/** Reserves what a turn will use; over the quota the answer is the reply that says so. */
export async function reserveTurn(
  { quota, log }: Means,
  { user, session }: SessionInput,
  seq: number,
  messages: readonly ChatMessage[],
): Promise<Reply | null> {
  if (!quota.limited) return null;
  try {
    await persist(log, "quota", () => quota.reserve(user, holdOf(session, seq), promptTokens(messages)));
    return null;
  } catch (err) {
    if (!(err instanceof ParleyError)) throw err;
    return { text: "", finish: "failed", error: err.message, errorType: err.errorType };
  }
}

/** Counts a committed turn, once by whichever process comes to it; commands and failed turns are not counted. */
export async function settleTurn({ quota, log }: Means, turn: Turn, own: boolean): Promise<void> {
  const { user, session } = turn._id;
  const usage = usageOf(turn);
  if (usage !== null && own) quota.count(user, usage);
  if (!quota.limited) return;
  const hold = holdOf(session, turn.in_seq);
  if (usage === null) await persist(log, "quota", () => quota.release(user, hold));
  else await persist(log, "quota", () => quota.settle(user, hold, usage));
}

/** Gives back what a message had reserved that became no turn. */
export function releaseTurn(
  { quota, log }: Means,
  user: string,
  session: string,
  seq: number,
): Promise<void> {
  return persist(log, "quota", () => quota.release(user, holdOf(session, seq)));
}

function usageOf(turn: Turn): NonNullable<Turn["usage"]> | null {
  if (turn.kind !== "message" || turn.finish_reason === "failed") return null;
  if (turn.usage !== undefined || turn.finish_reason !== "cancelled") return turn.usage ?? null;
  // A model that was stopped does not say what it used.
  const tokens = (role: string) =>
    turn.messages.reduce((sum, one) => sum + (one.role === role ? estimateTokens(one.content) : 0), 0);
  return { prompt_tokens: tokens("user"), completion_tokens: tokens("assistant") };
}
