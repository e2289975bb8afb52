import type { HistoryMessage } from "../../../schemas/documents/message.ts";
import type { QueueOutcome } from "../../../schemas/documents/session-queue.ts";
import type {
  MessageState,
  SessionAsk,
  SessionQueue,
  StopAnswer,
} from "../../../schemas/messages/session-input.ts";
import { isOver } from "../../requests/rest.ts";
import { stateOfTurn } from "../outbox/answers.ts";
import type { TurnStore } from "../transcript/turn-store.ts";
import type { ActorDeps } from "./actor-deps.ts";
import { interrupt } from "./interrupt.ts";
import type { SessionActor } from "./session-actor.ts";

/** How long a request waits for the decision on a change, ms: less than its timeout. */
const outcomeMs = 1_500;

/** Answers a request to a session, from the actor that owns it. */
export async function answerAsk(
  deps: ActorDeps,
  ask: SessionAsk,
  actor: SessionActor,
): Promise<MessageState | SessionQueue | StopAnswer | { outcome: QueueOutcome } | { ok: true }> {
  switch (ask.kind) {
    case "state":
      return stateOf(deps.store, actor, ask.client_msg_id);
    case "queue":
      return { unfinished: await unfinished(actor) };
    case "stop":
      return isOver(ask) ? { stopped: false } : stop(actor, ask.message_id);
    case "interrupt":
      return isOver(ask) ? { stopped: false } : interrupt(deps, actor, ask);
    case "played":
      actor.playback.record(ask.message_id, ask.index);
      return { ok: true };
    case "queue_change":
      return { outcome: await actor.changes.outcomeOf(ask.change_id, outcomeMs) };
    case "changed":
      await actor.onExternalChange();
      return { ok: true };
  }
}

async function stateOf(
  store: Pick<TurnStore, "byClientMsgId">,
  actor: SessionActor,
  clientMsgId: string,
): Promise<MessageState> {
  const transcript = await actor.transcript();
  const message = actor.mailbox.find(clientMsgId);
  if (message !== undefined && message.seq > transcript.cursor) return actor.stateOf(message);
  const turn =
    transcript.byClientMsgId.get(clientMsgId) ??
    (await store.byClientMsgId(actor.user, actor.session, clientMsgId));
  return turn === null ? { status: "unknown" } : stateOfTurn(turn);
}

async function unfinished(actor: SessionActor): Promise<HistoryMessage[]> {
  // Don't load the transcript for a read-only request.
  if (actor.mailbox.size === 0) return [];
  const { cursor } = await actor.transcript();
  const messages: HistoryMessage[] = [];
  for (const message of [...actor.mailbox.messages]) {
    const input = await actor.inputOf(message);
    if (input === null || message.seq <= cursor || message.removed) continue;
    messages.push({
      session_id: actor.session,
      message_id: input.message_id,
      client_msg_id: input.client_msg_id,
      role: "user",
      msg_type: "chat",
      content: input.content,
      created_at: input.at,
      ...(input.attachments.length > 0 && { attachments: input.attachments }),
      ...(input.client_info && { client_info: input.client_info }),
      status: actor.mailbox.head === message ? "processing" : "queued",
    });
  }
  return messages;
}

/** Answers after the commit, so that a crash of the owner can't undo a confirmed stop. */
async function stop(actor: SessionActor, messageId: string | undefined): Promise<StopAnswer> {
  await actor.transcript();
  const { run } = actor;
  if (run !== null && (messageId === undefined || run.is(messageId))) {
    run.abort("stop");
    await run.ended;
    return { stopped: run.stopped, ...(run.stopped && { message_id: run.replyId }) };
  }
  const message = messageId === undefined ? undefined : actor.mailbox.find(messageId);
  if (message === undefined) return { stopped: false };
  message.phase = "cancelled";
  return { stopped: true, message_id: message.replyId };
}
