import { type Turn, turnKey } from "../../../schemas/documents/collections.ts";
import { newId } from "../../../schemas/ids.ts";
import type { SessionAsk, StopAnswer } from "../../../schemas/messages/session-input.ts";
import { persist } from "../../storage/persist.ts";
import { queueAfter } from "../transcript/queue-state.ts";
import type { Transcript } from "../transcript/transcript.ts";
import { type PlaybackPosition, type PlayedReply, truncateAt } from "../transcript/truncate-at-playback.ts";
import type { ActorDeps } from "./actor-deps.ts";
import type { SessionActor } from "./session-actor.ts";

type Interrupt = Extract<SessionAsk, { kind: "interrupt" }>;

/**
 * Truncates a spoken reply where the user interrupted it; history keeps what was played. A complete reply
 * that is still playing is truncated by a separate turn. Answers after the commit.
 */
export async function interrupt(deps: ActorDeps, actor: SessionActor, ask: Interrupt): Promise<StopAnswer> {
  await actor.transcript();
  const played = positionOf(ask, actor);
  const { run } = actor;
  if (run?.is(ask.message_id)) {
    run.interrupt(played);
    await run.ended;
    if (run.stopped) return { stopped: true, message_id: run.replyId };
  } else {
    const message = actor.mailbox.find(ask.message_id);
    if (message !== undefined) {
      message.phase = "cancelled";
      return { stopped: true, message_id: message.replyId };
    }
  }
  return played === undefined ? { stopped: false } : cutReply(deps, actor, ask.message_id, played);
}

/** The position given in the frame, otherwise the one reported by devices. */
function positionOf({ message_id, heard_index, heard_ms = 0 }: Interrupt, { playback }: SessionActor) {
  const index = heard_index ?? playback.next(message_id);
  return index === undefined ? undefined : { index, ms: heard_ms };
}

async function cutReply(
  deps: ActorDeps,
  actor: SessionActor,
  messageId: string,
  played: PlaybackPosition,
): Promise<StopAnswer> {
  for (;;) {
    const transcript = await actor.transcript();
    const reply = spokenReply(transcript, messageId);
    if (reply === undefined) return { stopped: false };
    const left = truncateAt(reply, played, true);
    if (left.text === reply.text) return { stopped: true, message_id: messageId };
    const cut = cutOf(actor, transcript, messageId, left);
    if (!(await commit(deps, cut))) {
      actor.invalidate();
      continue;
    }
    actor.append(cut);
    deps.erase(cut);
    deps.out.frame(actor.user, {
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

/** A visible reply with its sentences; undefined if it was replaced, hidden or not spoken. */
function spokenReply(transcript: Transcript, messageId: string): PlayedReply | undefined {
  if (!transcript.visible.some(({ replyId }) => replyId === messageId)) return undefined;
  const turn = [...transcript.byInSeq.values()].find(({ reply }) => reply?.message_id === messageId);
  const text = turn?.messages.find(({ role }) => role === "assistant")?.content;
  const segments = turn?.reply?.segments;
  return text === undefined || segments === undefined ? undefined : { text, segments };
}

/** A cut keeps the cursor; messages that were queued before it need not run again. */
function cutOf(
  actor: SessionActor,
  transcript: Transcript,
  messageId: string,
  { text, segments }: PlayedReply,
): Turn {
  return {
    _id: turnKey(actor.user, actor.session, transcript.nextN),
    kind: "cut",
    in_seq: transcript.cursor,
    seen_seq: Math.max(actor.highestSeq, transcript.cursor),
    run_id: newId("run_"),
    attempt: 1,
    first_id: transcript.nextId,
    messages: [],
    queue: queueAfter(transcript.queue, transcript.cursor),
    cut: { message_id: messageId, text, segments },
    at: new Date(),
    erase_pending: true,
  };
}

/** Whether the cut is committed; an earlier attempt may have inserted it and lost the response. */
async function commit({ commit: insert, store, log }: ActorDeps, cut: Turn): Promise<boolean> {
  if ((await insert(cut)) === "committed") return true;
  const { user, session, n } = cut._id;
  const committed = await persist(log, "cut", () => store.at(user, session, n));
  return committed?.run_id === cut.run_id;
}
