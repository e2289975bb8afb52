import type { HistoryMessage } from "../../../schemas/documents/message.ts";
import {
  type MessageState,
  type SessionAsk,
  type SessionQueue,
  type StopAnswer,
  sessionAskSchema,
} from "../../../schemas/messages/session-input.ts";
import { isOver } from "../../requests/rest.ts";
import { stateOfTurn } from "../outbox/answers.ts";
import { interrupt } from "./interrupt.ts";
import type { SessionActor } from "./session-actor.ts";
import type { SessionContext } from "./session-context.ts";

/** Answers a question about a session, from the actor that owns it. */
export async function answerAsk(
  context: SessionContext,
  data: Uint8Array,
  actorOf: (user: string, session: string) => SessionActor,
): Promise<MessageState | SessionQueue | StopAnswer | { ok: true }> {
  const ask: SessionAsk = sessionAskSchema.parse(JSON.parse(new TextDecoder().decode(data)));
  const actor = actorOf(ask.user, ask.session);
  switch (ask.kind) {
    case "state":
      return stateOf(context, actor, ask.client_msg_id);
    case "queue":
      return { unfinished: await unfinished(context, actor) };
    case "stop":
      return isOver(ask) ? { stopped: false } : stop(actor, ask.message_id);
    case "interrupt":
      return isOver(ask) ? { stopped: false } : interrupt(context, actor, ask);
    case "played":
      actor.playback.played(ask.message_id, ask.index);
      return { ok: true };
    case "changed":
      await actor.changed();
      return { ok: true };
  }
}

async function stateOf(
  context: SessionContext,
  actor: SessionActor,
  clientMsgId: string,
): Promise<MessageState> {
  const transcript = await actor.ready();
  const mail = actor.mailbox.find(clientMsgId);
  if (mail !== undefined && mail.seq > transcript.cursor) return actor.stateOf(mail);
  const turn =
    transcript.byClientMsgId.get(clientMsgId) ??
    (await context.store.byClientMsgId(actor.user, actor.session, clientMsgId));
  return turn === null ? { status: "unknown" } : stateOfTurn(turn);
}

async function unfinished(context: SessionContext, actor: SessionActor): Promise<HistoryMessage[]> {
  // A session that only is read needs no transcript in memory.
  if (actor.mailbox.size === 0) return [];
  const { cursor } = await actor.ready();
  const messages: HistoryMessage[] = [];
  for (const mail of [...actor.mailbox.mails]) {
    const input = mail.input ?? (await context.readInput(mail.seq));
    if (input === null || mail.seq <= cursor) continue;
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
      status: actor.mailbox.head === mail ? "processing" : "queued",
    });
  }
  return messages;
}

/** The answer waits for the commit: a stop that was confirmed is not undone by the owner's death. */
async function stop(actor: SessionActor, messageId: string | undefined): Promise<StopAnswer> {
  await actor.ready();
  const { run } = actor;
  if (run !== null && (messageId === undefined || run.is(messageId))) {
    run.abort("stop");
    await run.ended;
    return { stopped: run.stopped, ...(run.stopped && { message_id: run.replyId }) };
  }
  const mail = messageId === undefined ? undefined : actor.mailbox.find(messageId);
  if (mail === undefined) return { stopped: false };
  mail.cancelled = true;
  return { stopped: true, message_id: mail.replyId };
}
