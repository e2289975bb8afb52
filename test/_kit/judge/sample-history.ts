import { type Turn, turnKey } from "../../../schemas/documents/collections.ts";
import type { HistoryMessage } from "../../../schemas/documents/message.ts";
import { Chain, type Frame } from "../clients/chain.ts";
import { ClientView } from "../clients/client-view.ts";
import { contextDigest, type Given } from "./context-digest.ts";
import type { ClientRecord, Control, History, LogEntry, Send } from "./history.ts";

/** A modifiable history without violations: each test of the checker breaks one guarantee. */
export interface Sample extends History {
  sends: Send[];
  controls: Control[];
  clients: ClientRecord[];
  turns: Turn[];
  log: LogEntry[];
  transcripts: Map<string, HistoryMessage[]>;
}

const user = "admin";
const at = 1_700_000_000_000;

/** Two sessions with `turns` turns each, and two clients that saw everything. */
export function sampleHistory(turns = 3): Sample {
  const sends: Send[] = [];
  const committed: Turn[] = [];
  const frames: Frame[] = [
    { type: "connected", session_id: "a", epoch: "1", seq: 0, recovered: false, timestamp: at },
  ];
  const transcripts = new Map<string, HistoryMessage[]>();
  let seq = 0;
  for (const session of ["a", "b"]) {
    const given: Given[] = [];
    for (let n = 0; n < turns; n++) {
      const id = `${session}${n}`;
      const content = `${user}: question ${id}`;
      const reply = contextDigest([...given, { role: "user", content }]);
      given.push({ role: "user", content }, { role: "assistant", content: reply });
      sends.push(sampleSend(session, id, content, sends.length));
      committed.push(sampleTurn(session, n, id, content, reply));
      for (const frame of sampleFrames(session, id, content, reply)) {
        frames.push({ ...frame, seq: ++seq, prev: seq - 1 } as Frame);
      }
    }
    const messages = committed.filter(({ _id }) => _id.session === session).flatMap((turn) => turn.messages);
    transcripts.set(
      `${user}.${session}`,
      messages.map((message) => ({ ...message, session_id: session })),
    );
  }
  const clients = ["one", "two"].map((name) => seen(name, frames));
  return {
    seed: 1,
    sends,
    controls: [],
    clients,
    turns: committed,
    log: [],
    transcripts,
    contextual: true,
    mayFail: () => false,
  };
}

function sampleSend(session: string, id: string, content: string, index: number): Send {
  const times = { sentAt: at, acceptedAt: at };
  return {
    client: "one",
    user,
    session,
    client_msg_id: id,
    content,
    index,
    transmissions: 1,
    outcome: "accepted",
    ...times,
  };
}

function sampleTurn(session: string, n: number, id: string, content: string, reply: string): Turn {
  const first_id = n * 2 + 1;
  const of = { msg_type: "chat", created_at: at } as const;
  return {
    _id: turnKey(user, session, n),
    kind: "message",
    in_seq: (n + 1) * 10,
    run_id: `run-${id}`,
    attempt: 1,
    client_msg_id: id,
    first_id,
    messages: [
      { ...of, id: first_id, message_id: `m-${id}`, role: "user", content, client_msg_id: id },
      { ...of, id: first_id + 1, message_id: `r-${id}`, role: "assistant", content: reply },
    ],
    finish_reason: "stop",
    reply: { client_msg_id: id, message_id: `r-${id}`, mode: "text" },
    at: new Date(at + 1),
  };
}

function sampleFrames(session_id: string, client_msg_id: string, content: string, text: string): Frame[] {
  const message_id = `r-${client_msg_id}`;
  const assistant = { role: "assistant", message_id, session_id, attempt: 1, timestamp: at } as const;
  const own = { message_id: `m-${client_msg_id}`, session_id, client_msg_id, timestamp: at };
  return [
    { type: "response", role: "user", msg_type: "chat", content, ...own },
    { type: "stream_start", client_msg_id, response_mode: "text", ...assistant },
    { type: "stream_chunk", msg_type: "chat", content: text.slice(0, 4), ...assistant },
    { type: "stream_chunk", msg_type: "chat", content: text.slice(4), ...assistant },
    { type: "stream_end", client_msg_id, text, finish_reason: "stop", response_mode: "text", ...assistant },
  ];
}

/** The record of a client that received these frames on one connection. */
export function seen(name: string, frames: readonly Frame[]): ClientRecord {
  const view = new ClientView();
  const chain = new Chain();
  chain.begin(undefined);
  const faults: string[] = [];
  for (const frame of frames) {
    view.take(frame, () => undefined);
    const fault = chain.next(frame);
    if (fault !== undefined) faults.push(fault);
  }
  const received = frames.map((frame) => ({ at, connection: 1, frame }));
  return { name, user, frames: received, faults, view: view.messages, complete: true, since: at };
}
