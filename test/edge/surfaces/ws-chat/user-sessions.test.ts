import anyTest, { type TestFn } from "ava";
import type { SessionAsk } from "../../../../schemas/messages/session-input.ts";
import { streams, subjects } from "../../../../schemas/messages/subjects.ts";
import { WireSocket } from "../../../_kit/clients/wire-socket.ts";
import { eventually } from "../../../_kit/judge/waiting.ts";
import { type EdgeWorld, startEdgeWorld } from "../../../_kit/worlds/edge-world.ts";
import { echoOf } from "../../../_kit/worlds/stand-in.ts";
import { mintToken } from "../../../_kit/worlds/token.ts";

const test = anyTest as TestFn<EdgeWorld>;

test.before(async (t) => {
  t.context = await startEdgeWorld({ LIMIT_USER_SESSIONS: "8" });
  const { actor } = t.context;
  actor.onInput = (input) => void actor.out(input.user, echoOf(input));
});
test.after.always((t) => t.context.stop());

const path = `/ws/chat?token=${mintToken("admin")}&session_id=s`;
let sent = 0;
const queued = {
  role: "user",
  msg_type: "chat",
  message_id: "m",
  session_id: "first",
  content: "hello",
  created_at: 1,
  status: "queued",
};

/** Sends a message; answers the `errorType` that refused it, or "accepted". */
async function send(socket: WireSocket, session: string): Promise<string> {
  const client_msg_id = `m${++sent}`;
  socket.send({ type: "message", session_id: session, content: "hello", client_msg_id });
  const frame = await socket.frame({ client_msg_id });
  return (frame.type === "error" ? frame.errorType : frame.type) as string;
}

test.serial("a user has so many sessions with unfinished messages at a time, over all edges", async (t) => {
  const { edge, actor, another } = t.context;
  const other = await another();
  const [one, two] = [await WireSocket.open(t, edge.port, path), await WireSocket.open(t, other.port, path)];
  for (let count = 0; count < 4; count++) {
    t.is(await send(one, `a${count}`), "accepted");
    t.is(await send(two, `b${count}`), "accepted");
  }
  // An edge that has not seen the others' sessions yet takes one or two more; each try is another session.
  const refuses = (socket: WireSocket) => async () => (await send(socket, `more${sent}`)) === "rate_limited";
  await eventually(refuses(one), 20_000, "a refusal of one");
  await eventually(refuses(two), 20_000, "a refusal of the other");
  t.true(new Set(actor.inputs.map(({ session }) => session)).size <= 12);
  t.is(await send(one, "a0"), "accepted");
  const refused = one.frames.find(({ errorType }) => errorType === "rate_limited");
  t.is(refused?.error, "未完成的会话过多");
  t.false(actor.inputs.some(({ session }) => session === refused?.session_id));
  await actor.jsm.streams.purge(streams.sessions, { filter: subjects.sessionInOfUser("admin") });
  await eventually(async () => (await send(one, "later")) === "accepted", 10_000, "an end of the refusals");
});

test.serial(
  "a session that is finished counts no longer at once, though the log still holds its message",
  async (t) => {
    const { actor, another } = t.context;
    const { port } = await another({ LIMIT_USER_SESSIONS: "1" });
    const token = mintToken("admin");
    const finished = new Set<string>();
    actor.nc.subscribe(subjects.sessionAskAll, {
      callback: (_, msg) => {
        const ask = msg.json<SessionAsk>();
        if (ask.kind !== "queue") return;
        const unfinished = finished.has(ask.session) ? [] : [queued];
        msg.respond(JSON.stringify({ unfinished }));
      },
    });
    await actor.jsm.streams.purge(streams.sessions, { filter: subjects.sessionInOfUser("admin") });
    const socket = await WireSocket.open(t, port, `/ws/chat?token=${token}&session_id=s`);
    t.is(await send(socket, "first"), "accepted");
    t.is(await send(socket, "second"), "rate_limited");
    t.is(await send(socket, "first"), "accepted");
    finished.add("first");
    t.is(await send(socket, "second"), "accepted");
    t.is(await send(socket, "third"), "rate_limited");
  },
);
