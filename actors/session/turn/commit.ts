import type { Counter } from "prom-client";
import { failpoint } from "../../../infra/failpoint.ts";
import type { Logger } from "../../../infra/log.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";
import { persist } from "../../storage/persist.ts";
import { duplicateAnswer, sendAnswer, stateOfTurn } from "../outbox/answers.ts";
import { resolveConflict } from "../transcript/conflict.ts";
import { rebased } from "../transcript/turn-document.ts";
import type { CommitResult, TurnStore } from "../transcript/turn-store.ts";
import type { Outcome } from "./outcome.ts";
import type { TurnHost } from "./turn-message.ts";

/** Dependencies of the commit step. */
export interface CommitDeps {
  commit(turn: Turn): Promise<CommitResult>;
  store: Pick<TurnStore, "at" | "since" | "byClientMsgId" | "tail">;
  out: Pick<OutPublisher, "direct">;
  metrics: { fenced: Counter };
  log: Logger;
}

/**
 * Inserts the turn and resolves conflicts with other writers from majority-committed data. Null: the turn is
 * based on a stale transcript and has to run again.
 * @throws UnstorableTurnError when the store refuses the turn itself
 */
export async function commitTurn(
  deps: CommitDeps,
  host: TurnHost,
  input: SessionInput,
  first: Turn,
): Promise<Outcome | null> {
  let turn = first;
  let own = true;
  for (;;) {
    failpoint("before_commit");
    const result = await deps.commit(turn);
    if (result === "committed") {
      failpoint("after_commit");
      return { kind: "committed", turn, own };
    }
    deps.metrics.fenced.inc();
    const resolution = await persist(deps.log, "conflict", () => resolveConflict(deps.store, turn, result));
    if (resolution.kind === "committed") return { kind: "committed", turn, own };
    host.invalidate();
    own = false;
    switch (resolution.kind) {
      case "elsewhere":
        return { kind: "committed", turn: resolution.turn, own };
      case "duplicate":
        sendAnswer(deps.out, input, duplicateAnswer(input, stateOfTurn(resolution.turn)));
        return { kind: "dropped" };
      case "deleted":
      case "rearranged":
        return { kind: "superseded" };
      case "again":
        return null;
      case "rebase":
        turn = rebased(turn, resolution);
    }
  }
}
