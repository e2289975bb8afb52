import type { Logger } from "../../../infra/log.ts";
import { persist } from "../../storage/persist.ts";
import { type Attempts, exclusiveFrom, exclusiveLimit } from "../actor/attempts.ts";
import type { RunGate } from "../actor/run-gate.ts";
import type { TurnMessage } from "./turn-message.ts";

/** Dependencies of the gate step. */
export interface GateDeps {
  attempts: Pick<Attempts, "begin" | "beginExclusive">;
  gate: RunGate;
  log: Logger;
}

/** State of a message's earlier attempts. */
export interface Attempt {
  /** Attempt number in the frames of this run. */
  number: number;
  /** The message was in flight at several crashes and runs exclusively in its process. */
  exclusive: boolean;
  /** Too many exclusive runs crashed the process: the turn is committed as failed. */
  exhausted: boolean;
}

/** A slot among the running turns. */
export interface Place {
  leave(): void;
}

/** Counts a start after the owner crashed; the normal path writes nothing. */
export async function countAttempt(deps: GateDeps, { arrival, seq, input }: TurnMessage): Promise<Attempt> {
  switch (arrival.kind) {
    case "live":
      return { number: 1, exclusive: false, exhausted: false };
    case "moved":
      return { number: (arrival.attempt ?? 0) + 1, exclusive: false, exhausted: false };
    case "takeover": {
      const { user, session } = input;
      const counts = await persist(deps.log, "attempts", () => deps.attempts.begin(user, session, seq));
      return {
        number: counts.attempts + 1,
        exclusive: counts.attempts >= exclusiveFrom,
        exhausted: counts.exclusive >= exclusiveLimit,
      };
    }
  }
}

/** Waits for a slot among the running turns. */
export async function enterGate(deps: GateDeps, attempt: Attempt): Promise<Place> {
  return { leave: await deps.gate.enter(attempt.exclusive) };
}

/** Counts an exclusive run; beyond the limit the message is exhausted. */
export async function countExclusiveRun(
  deps: GateDeps,
  attempt: Attempt,
  { seq, input: { user, session } }: TurnMessage,
): Promise<void> {
  if (!attempt.exclusive || attempt.exhausted) return;
  const counts = await persist(deps.log, "attempts", () => deps.attempts.beginExclusive(user, session, seq));
  attempt.exhausted = counts.exclusive > exclusiveLimit;
}
