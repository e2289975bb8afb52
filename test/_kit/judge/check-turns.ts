import type { Turn } from "../../../schemas/documents/collections.ts";
import type { Report } from "./checker.ts";
import { type History, type Send, sessionName } from "./history.ts";

/** The turns of each session, by n. */
export function turnsBySession(history: History): Map<string, Turn[]> {
  const sessions = new Map<string, Turn[]>();
  for (const turn of history.turns) {
    const name = sessionName(turn._id);
    const turns = sessions.get(name);
    if (turns === undefined) sessions.set(name, [turn]);
    else turns.push(turn);
  }
  for (const turns of sessions.values()) turns.sort((a, b) => a._id.n - b._id.n);
  return sessions;
}

/** The id by which a client knows a turn's message. */
export function clientMsgId(turn: Turn): string | undefined {
  return turn.client_msg_id ?? turn.reply?.client_msg_id;
}

/** Compares what is committed with what was sent. */
export function checkTurns(history: History, report: Report): void {
  const sessions = turnsBySession(history);
  const sends = new Map<string, Send[]>();
  for (const send of history.sends) {
    const name = sessionName(send);
    sends.set(name, [...(sends.get(name) ?? []), send]);
  }
  for (const name of new Set([...sessions.keys(), ...sends.keys()])) {
    const turns = sessions.get(name) ?? [];
    checkOnce(name, history, turns, sends.get(name) ?? [], report);
    checkSequence(name, turns, report);
    checkSendOrder(name, turns, sends.get(name) ?? [], report);
    checkShown(name, history, turns, report);
  }
  checkEndings(history, sessions, report);
  checkLog(history, sessions, report);
}

/** Confirmed deletes and clears have taken effect. */
function checkEndings(
  history: History,
  sessions: ReadonlyMap<string, readonly Turn[]>,
  report: Report,
): void {
  for (const control of history.controls) {
    if (control.kind === "stop" || control.status !== 200) continue;
    const done = (sessions.get(sessionName(control)) ?? []).some(({ kind }) => kind === control.kind);
    if (!done) report("ending", `${sessionName(control)}: the answer said ${control.kind}, no turn says so`);
  }
}

function checkOnce(
  name: string,
  history: History,
  turns: readonly Turn[],
  sends: readonly Send[],
  report: Report,
): void {
  const times = new Map<string, number[]>();
  for (const turn of turns) {
    const id = clientMsgId(turn);
    if (id !== undefined) times.set(id, [...(times.get(id) ?? []), turn._id.n]);
    const failed = turn.kind === "message" && turn.finish_reason === "failed";
    const content = turn.messages.find(({ role }) => role === "user")?.content ?? "";
    if (failed && !history.mayFail(content)) report("failed", `${name} n ${turn._id.n} (${id}) failed`);
  }
  const known = new Set(sends.map((send) => send.client_msg_id));
  for (const [id, at] of times) {
    if (at.length > 1)
      report("exactly-once", `${name} ${id} was committed ${at.length} times, n ${at.join(" ")}`);
    if (!known.has(id)) report("exactly-once", `${name} ${id} was committed and never sent`);
  }
  for (const send of sends) {
    const ran = times.has(send.client_msg_id);
    if (send.outcome === "accepted" && !ran && !mayBeDeleted(history, send)) {
      report("exactly-once", `${name} ${send.client_msg_id} was accepted and never committed`);
    }
    const refused = send.outcome !== undefined && send.outcome !== "accepted";
    if (refused && ran && send.transmissions === 1) {
      report("refused-ran", `${name} ${send.client_msg_id} was refused (${send.outcome}) and ran`);
    }
  }
}

/**
 * Whether a session's delete may have removed this message from the queue: it had not ended before the
 * message was sent.
 */
function mayBeDeleted(history: History, send: Send): boolean {
  return history.controls.some(
    (control) =>
      control.kind === "delete" &&
      sessionName(control) === sessionName(send) &&
      (control.doneAt === undefined || control.doneAt >= send.sentAt),
  );
}

function checkSequence(name: string, turns: readonly Turn[], report: Report): void {
  const first = turns[0];
  if (first !== undefined && first._id.n > 1) report("dense-n", `${name} begins at n ${first._id.n}`);
  for (const [index, turn] of turns.entries()) {
    for (const [place, message] of turn.messages.entries()) {
      if (message.id !== turn.first_id + place) {
        report(
          "dense-ids",
          `${name} n ${turn._id.n}: message ${place} has id ${message.id}, first_id ${turn.first_id}`,
        );
      }
    }
    const before = turns[index - 1];
    if (before === undefined) continue;
    if (turn._id.n !== before._id.n + 1)
      report("dense-n", `${name} n ${before._id.n} is followed by n ${turn._id.n}`);
    const advanced = turn.kind === "message" ? turn.in_seq > before.in_seq : turn.in_seq >= before.in_seq;
    if (!advanced) {
      const rule = before.kind === "delete" ? "after-delete" : "order";
      report(
        rule,
        `${name} n ${turn._id.n} has in_seq ${turn.in_seq} after ${before.kind} with ${before.in_seq}`,
      );
    }
    const known = before.kind !== "message" || before.blanked !== true;
    // After a delete the session is new, and its ids restart.
    if (known && turn.kind !== "delete" && turn.first_id !== before.first_id + before.messages.length) {
      const expected = before.first_id + before.messages.length;
      report("dense-ids", `${name} n ${turn._id.n} begins at id ${turn.first_id}, expected ${expected}`);
    }
  }
  const hidden = turns.findLastIndex(({ kind }) => kind !== "message");
  for (const turn of turns.slice(0, Math.max(0, hidden))) {
    if (turn.messages.some(({ content }) => content !== "")) {
      report("blanked", `${name} n ${turn._id.n} keeps its content after a ${turns[hidden]?.kind}`);
    }
  }
}

/** A client's messages that were sent once each are answered in order. */
function checkSendOrder(name: string, turns: readonly Turn[], sends: readonly Send[], report: Report): void {
  const sent = new Map(sends.map((send) => [send.client_msg_id, send]));
  const last = new Map<string, Send>();
  for (const turn of turns) {
    const send = sent.get(clientMsgId(turn) ?? "");
    if (send === undefined || send.transmissions !== 1) continue;
    const before = last.get(send.client);
    if (before !== undefined && before.index > send.index) {
      report(
        "order",
        `${name}: ${send.client_msg_id} was answered after ${before.client_msg_id}, sent before it`,
      );
    }
    last.set(send.client, send);
  }
}

/** History shows exactly the messages of the turns after the last clear or delete, in order. */
function checkShown(name: string, history: History, turns: readonly Turn[], report: Report): void {
  const shown = history.transcripts.get(name);
  if (shown === undefined) return;
  const visible = turns.slice(turns.findLastIndex(({ kind }) => kind !== "message") + 1);
  const committed = visible.flatMap(({ messages }) => messages);
  const ids = committed.map(({ message_id }) => message_id).join(" ");
  const shownIds = shown.map(({ message_id }) => message_id).join(" ");
  if (ids !== shownIds) report("transcript", `${name}: history shows ${shownIds}, committed are ${ids}`);
}

function checkLog(history: History, sessions: ReadonlyMap<string, readonly Turn[]>, report: Report): void {
  for (const entry of history.log) {
    const cursor = sessions.get(sessionName(entry))?.at(-1)?.in_seq ?? 0;
    if (entry.seq > cursor) {
      report("log-left", `${sessionName(entry)}: sequence ${entry.seq} is unfinished, cursor ${cursor}`);
    }
  }
}
