import { type Turn, turnKey } from "../../../schemas/documents/collections.ts";
import { newId } from "../../../schemas/ids.ts";
import type { SessionAsk, StopAnswer } from "../../../schemas/messages/session-input.ts";
import { persist } from "../../storage/persist.ts";
import type { Transcript } from "../transcript/transcript.ts";
import { type Heard, type HeardReply, heardOf } from "../transcript/truncate-at-playback.ts";
import type { SessionActor } from "./session-actor.ts";
import type { SessionContext } from "./session-context.ts";

type Interrupt = Extract<SessionAsk, { kind: "interrupt" }>;

/**
 * Ends a spoken reply where its user spoke over it: history keeps what he heard. A reply that is complete and only
 * plays is cut by a turn of its own. The answer waits for the commit.
 */
export async function interrupt(
  context: SessionContext,
  actor: SessionActor,
  ask: Interrupt,
): Promise<StopAnswer> {
  await actor.ready();
  const heard = heardIn(ask, actor);
  const { run } = actor;
  if (run?.is(ask.message_id)) {
    run.interrupt(heard);
    await run.ended;
    if (run.stopped) return { stopped: true, message_id: run.replyId };
  } else {
    const mail = actor.mailbox.find(ask.message_id);
    if (mail !== undefined) {
      mail.cancelled = true;
      return { stopped: true, message_id: mail.replyId };
    }
  }
  return heard === undefined ? { stopped: false } : cutReply(context, actor, ask.message_id, heard);
}

/** What was heard by the frame itself, or else by what devices have played. */
function heardIn({ message_id, heard_index, heard_ms = 0 }: Interrupt, { playback }: SessionActor) {
  const index = heard_index ?? playback.next(message_id);
  return index === undefined ? undefined : { index, ms: heard_ms };
}

async function cutReply(
  context: SessionContext,
  actor: SessionActor,
  messageId: string,
  heard: Heard,
): Promise<StopAnswer> {
  for (;;) {
    const transcript = await actor.ready();
    const reply = spokenReply(transcript, messageId);
    if (reply === undefined) return { stopped: false };
    const left = heardOf(reply, heard, true);
    if (left.text === reply.text) return { stopped: true, message_id: messageId };
    const cut = cutOf(actor, transcript, messageId, left);
    if (!(await commit(context, cut))) {
      actor.forget();
      continue;
    }
    actor.took(cut);
    context.erase(cut);
    context.out.frame(actor.user, {
      frame: {
        type: "voice_interrupted",
        role: "assistant",
        message_id: messageId,
        session_id: actor.session,
        text: left.text,
        timestamp: cut.at.getTime(),
      },
    });
    return { stopped: true, message_id: messageId };
  }
}

/** A reply that a model is told of, with its sentences; undefined where it was replaced, hidden or not spoken. */
function spokenReply(transcript: Transcript, messageId: string): HeardReply | undefined {
  if (!transcript.visible.some(({ replyId }) => replyId === messageId)) return undefined;
  const turn = [...transcript.byInSeq.values()].find(({ reply }) => reply?.message_id === messageId);
  const text = turn?.messages.find(({ role }) => role === "assistant")?.content;
  const segments = turn?.reply?.segments;
  return text === undefined || segments === undefined ? undefined : { text, segments };
}

/** It keeps the cursor, and a message that was there before need not run again. */
function cutOf(
  actor: SessionActor,
  transcript: Transcript,
  messageId: string,
  { text, segments }: HeardReply,
): Turn {
  return {
    _id: turnKey(actor.user, actor.session, transcript.nextN),
    kind: "cut",
    in_seq: transcript.cursor,
    seen_seq: Math.max(actor.highest, transcript.cursor),
    run_id: newId("run_"),
    attempt: 1,
    first_id: transcript.nextId,
    messages: [],
    cut: { message_id: messageId, text, segments },
    at: new Date(),
    erase_pending: true,
  };
}

/** Whether it stands; an earlier try may have written it, and its answer was lost. */
async function commit({ commit: insert, store, log }: SessionContext, cut: Turn): Promise<boolean> {
  if ((await insert(cut)) === "committed") return true;
  const { user, session, n } = cut._id;
  const there = await persist(log, "cut", () => store.at(user, session, n));
  return there?.run_id === cut.run_id;
}
