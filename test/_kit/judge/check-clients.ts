import type { Turn } from "../../../schemas/documents/collections.ts";
import { clientMsgId } from "./check-turns.ts";
import type { Report } from "./checker.ts";
import { type ClientRecord, type History, type Received, sessionName } from "./history.ts";

/** Compares what each client saw with what is committed. */
export function checkClients(history: History, report: Report): void {
  const hidden = hiddenTurns(history.turns);
  for (const client of history.clients) {
    for (const fault of client.faults) report("chain", `${client.name}: ${fault}`);
    checkFinals(client, history.turns, report);
    checkChunks(client, report);
    checkView(client, history, hidden, report);
    checkIsolation(client, history, report);
  }
}

/** Turns hidden by a later clear or delete, and all turns of a deleted session. */
function hiddenTurns(turns: readonly Turn[]): Set<Turn> {
  const last = new Map<string, number>();
  for (const { _id, kind } of turns) {
    if (kind !== "message") last.set(sessionName(_id), Math.max(last.get(sessionName(_id)) ?? -1, _id.n));
  }
  return new Set(turns.filter(({ _id }) => _id.n <= (last.get(sessionName(_id)) ?? -1)));
}

/** One final frame for a reply, with the committed text. */
function checkFinals(client: ClientRecord, turns: readonly Turn[], report: Report): void {
  const committed = new Map<string, Turn>();
  for (const turn of turns) {
    const id = turn.reply?.message_id;
    if (id !== undefined && turn._id.user === client.user) committed.set(id, turn);
  }
  // A delete ends the current reply with an empty final frame.
  const deleted = new Set(turns.filter(({ kind }) => kind === "delete").map(({ _id }) => _id.session));
  // An erased turn no longer has its reply's id.
  const erased = new Set(turns.filter(({ blanked }) => blanked).map(clientMsgId));
  const seen = new Map<string, Received>();
  for (const received of client.frames) {
    const { frame } = received;
    // After lost frames a client starts over: a repeated end is then no duplicate.
    if (frame.type === "connected" && !frame.recovered) seen.clear();
    if (frame.type !== "stream_end") continue;
    const before = seen.get(frame.message_id);
    if (before !== undefined) {
      const ends = `${part(before, "end")} | ${part(received, "end")}`;
      report("final", `${client.name}: reply ${frame.message_id} ended again: ${ends}`);
    }
    seen.set(frame.message_id, received);
    const turn = committed.get(frame.message_id);
    const name = `${client.name}: reply ${frame.message_id} to ${frame.client_msg_id}`;
    if (turn === undefined) {
      const dropped = frame.text === "" && deleted.has(frame.session_id);
      if (!dropped && !erased.has(frame.client_msg_id)) report("final", `${name} ended and is not committed`);
    } else {
      const text = turn.messages.find(({ message_id }) => message_id === frame.message_id)?.content;
      if (text && text !== frame.text) report("final-text", `${name} says ${frame.text}, committed ${text}`);
      if (turn.finish_reason !== undefined && turn.finish_reason !== frame.finish_reason) {
        report("final-text", `${name} ended as ${frame.finish_reason}, committed ${turn.finish_reason}`);
      }
    }
  }
}

/** A reply being streamed to one client. */
interface Streamed {
  text: string;
  attempt: number;
  /** `<connection>:<seq> <text>` of its frames, for the report. */
  parts: string[];
}

/**
 * The chunks since a reply's last start must be a prefix of its final text: runs are never mixed, and when
 * another run is committed than was streamed, the reply restarts before it ends. Attempts only increase.
 */
function checkChunks(client: ClientRecord, report: Report): void {
  const running = new Map<string, Streamed>();
  for (const received of client.frames) {
    const { frame } = received;
    if (frame.type === "connected" && !frame.recovered) running.clear();
    else if (frame.type === "stream_start") {
      const before = running.get(frame.message_id);
      if (before !== undefined && before.attempt > frame.attempt) {
        report("chunks", `${client.name}: ${frame.message_id} goes back to attempt ${frame.attempt}`);
      }
      running.set(frame.message_id, { text: "", attempt: frame.attempt, parts: [part(received, "start")] });
    } else if (frame.type === "stream_chunk" && frame.msg_type === "chat") {
      const run = running.get(frame.message_id);
      if (run === undefined) continue;
      run.parts.push(part(received, frame.content));
      if (run.attempt !== frame.attempt) {
        report(
          "chunks",
          `${client.name}: ${frame.message_id} chunk of attempt ${frame.attempt} in ${run.attempt}`,
        );
      }
      run.text += frame.content;
    } else if (frame.type === "stream_end") {
      const run = running.get(frame.message_id);
      running.delete(frame.message_id);
      const dropped = frame.text === "" && frame.finish_reason === "cancelled";
      if (run !== undefined && !dropped && !frame.text.startsWith(run.text)) {
        const parts = `${run.parts.join(" | ")} | ${part(received, "end")}`;
        report("chunks", `${client.name}: ${frame.message_id} ended as ${frame.text}, streamed ${parts}`);
      }
    }
  }
}

function part({ at, connection, frame }: Received, text: string): string {
  const { seq } = frame as { seq?: number };
  return `${connection}:${seq} at ${new Date(at).toISOString().slice(17, 23)} ${text}`;
}

/**
 * A client connected at the end shows every visible message as committed, and no others except hidden ones.
 */
function checkView(client: ClientRecord, history: History, hidden: ReadonlySet<Turn>, report: Report): void {
  if (!client.complete) return;
  const known = new Set(
    history.sends.filter(({ user }) => user === client.user).map(({ session }) => session),
  );
  const gone = new Set<string>();
  for (const turn of history.turns) {
    if (turn._id.user !== client.user) continue;
    for (const message of turn.messages) {
      if (hidden.has(turn)) gone.add(message.message_id);
      if (hidden.has(turn) || turn.at.getTime() < client.since || !known.has(turn._id.session)) continue;
      const shown = client.view.get(message.message_id);
      const name = `${client.name}: ${turn._id.session} n ${turn._id.n} ${message.role} ${message.message_id}`;
      if (shown === undefined) {
        // A failed turn without text ends with only an error frame.
        if (message.content !== "" || turn.finish_reason !== "failed") {
          report("view", `${name} (${clientMsgId(turn)}) is not shown`);
        }
      } else if (shown.content !== message.content) {
        report("view", `${name} is shown as ${shown.content}, committed ${message.content}`);
      }
    }
  }
  const committed = new Set(
    history.turns.flatMap(({ messages }) => messages.map(({ message_id }) => message_id)),
  );
  const erased = new Set([...hidden].map(clientMsgId));
  const deleted = new Set(history.controls.filter(({ kind }) => kind !== "stop").map(sessionName));
  for (const shown of client.view.values()) {
    if (committed.has(shown.message_id) || gone.has(shown.message_id)) continue;
    if (shown.client_msg_id !== undefined && erased.has(shown.client_msg_id)) continue;
    if (deleted.has(sessionName({ user: client.user, session: shown.session }))) continue;
    report(
      "view",
      `${client.name}: ${shown.session} ${shown.role} ${shown.message_id} is shown and not committed`,
    );
  }
}

/** No frame contains another user's text. Contents start with their user, `<user>:`. */
function checkIsolation(client: ClientRecord, history: History, report: Report): void {
  const others = [...new Set(history.sends.map(({ user }) => user))].filter((user) => user !== client.user);
  if (others.length === 0) return;
  for (const { frame } of client.frames) {
    const text = "content" in frame ? frame.content : "text" in frame ? (frame.text ?? "") : "";
    const other = others.find((user) => text.includes(`${user}:`));
    if (other !== undefined)
      report("isolation", `${client.name} was shown what ${other} wrote: ${text.slice(0, 80)}`);
  }
}
