import anyTest, { type TestFn } from "ava";
import type { SessionInput } from "../../../../schemas/messages/session-input.ts";
import { subjects } from "../../../../schemas/messages/subjects.ts";
import { type AnyFrame, WireSocket } from "../../../_kit/clients/wire-socket.ts";
import { type EdgeWorld, startEdgeWorld } from "../../../_kit/worlds/edge-world.ts";
import { echoOf, notice, replyTo } from "../../../_kit/worlds/stand-in.ts";
import { mintToken } from "../../../_kit/worlds/token.ts";

const test = anyTest as TestFn<EdgeWorld>;

test.before(async (t) => {
  t.context = await startEdgeWorld({ LIMIT_CONFIRM_MS: "300", LIMIT_OWNER_ANSWER_MS: "300" });
  const { actor } = t.context;
  actor.onInput = (input) => {
    if (!input.content.startsWith("silent")) void actor.out(input.user, echoOf(input));
  };
  actor.state = (ask) =>
    ask.kind === "state" && ask.session === "known"
      ? { status: "completed", message_id: "msg_first", reply_id: "msg_reply", text: "the answer" }
      : undefined;
  actor.own();
});
test.after.always((t) => t.context.stop());

const path = (session: string, more = "") =>
  `/ws/chat?token=${mintToken("admin")}&session_id=${session}${more}`;

/** Frames of the stream, in their order, must link up from `connected` on. */
function unchained(frames: readonly AnyFrame[]): AnyFrame | undefined {
  let last = frames[0]?.seq as number;
  for (const frame of frames.slice(1)) {
    if (frame.seq === undefined) continue;
    if (frame.prev !== last) return frame;
    last = frame.seq as number;
  }
  return undefined;
}

test.serial("refused before the upgrade, with the uniform body", async (t) => {
  const { port } = t.context.edge;
  const status = async (query: string) => (await WireSocket.open(t, port, `/ws/chat${query}`)).refused;
  t.like(await status(""), { status: 401, body: { errorType: "unauthorized" } });
  t.like(await status("?token=x"), { status: 401, body: { errorType: "invalid_token" } });
  t.like(await status(`?token=${mintToken("user_bob")}`), { status: 403, body: { errorType: "admin_only" } });
  const bad = await status(`?token=${mintToken("admin")}&session_id=a.b`);
  t.like(bad, { status: 400, body: { errorType: "invalid_request" } });
  t.regex(String(bad?.body.error), /session_id/);
});

test.serial(
  "the sender gets accepted, his other devices on every edge the echo, and all the reply",
  async (t) => {
    const { edge, actor, another } = t.context;
    const other = await another();
    const sender = await WireSocket.open(t, edge.port, path("s1", "&client_id=phone"));
    const beside = await WireSocket.open(t, edge.port, path("s2"));
    const far = await WireSocket.open(t, other.port, path("s3"));
    await Promise.all([sender, beside, far].map((socket) => socket.frame({ type: "connected" })));
    sender.send({ type: "message", content: "hello", client_msg_id: "m1" });
    const input = await actor.input("hello");
    t.like(input, { user: "admin", session: "s1", mode: "text", client_given: true, surface: "chat" });
    t.is(input.client_info?.client_id, "phone");
    await actor.out("admin", ...replyTo(input, ["a", "b", "c"]));
    for (const socket of [sender, beside, far]) await socket.frame({ type: "stream_end" });

    const types = (socket: WireSocket) => socket.frames.map(({ type }) => type as string);
    const reply = ["stream_start", "stream_chunk", "stream_chunk", "stream_chunk", "stream_end"];
    t.deepEqual(types(sender), ["connected", "accepted", ...reply]);
    t.deepEqual(types(beside), ["connected", "response", ...reply]);
    t.deepEqual(types(far), ["connected", "response", ...reply]);
    t.like(sender.frames[1], { client_msg_id: "m1", message_id: input.message_id, session_id: "s1" });
    for (const socket of [sender, beside, far]) t.is(unchained(socket.frames), undefined);
    t.deepEqual(
      sender.frames.map(({ seq }) => seq as number),
      beside.frames.map(({ seq }) => seq as number),
    );
  },
);

test.serial("direct answers and topic frames keep their order on one socket", async (t) => {
  const { edge, actor } = t.context;
  const socket = await WireSocket.open(t, edge.port, path("s4"));
  await socket.frame({ type: "connected" });
  const rounds = 40;
  for (let i = 0; i < rounds; i++) {
    socket.send({ type: "message", content: `order ${i}`, client_msg_id: `o${i}` });
    await actor.out("admin", notice(`n${i}`), notice(`n${i}`));
  }
  await socket.until(
    () => socket.frames.filter(({ type }) => type === "accepted").length === rounds,
    "all accepted",
  );
  t.is(unchained(socket.frames), undefined);
  const accepted = socket.frames.filter(({ type }) => type === "accepted");
  t.deepEqual(
    accepted.map(({ client_msg_id }) => client_msg_id as string),
    Array.from({ length: rounds }, (_, i) => `o${i}`),
  );
});

test.serial("what is no frame is answered and the socket stays open; binary too", async (t) => {
  const socket = await WireSocket.open(t, t.context.edge.port, path("s5"));
  await socket.frame({ type: "connected" });
  const bad = [
    "{",
    "[]",
    "null",
    '"x"',
    '{"type":"nothing"}',
    '{"type":"message","content":1}',
    '{"type":"message"}',
  ];
  for (const text of bad) socket.send(text);
  socket.ws.send(Buffer.from("{}"), { binary: true });
  socket.send({ type: "voice_stream_start" });
  socket.send({ type: "ping" });
  await socket.frame({ type: "pong" });
  // Without a voice actor; that is found out by asking for one.
  await socket.frame({ type: "error", errorType: "voice_service_unreachable" });
  const errors = socket.frames
    .filter(({ type }) => type === "error")
    .map(({ errorType }) => errorType as string);
  t.deepEqual(errors, [...Array.from({ length: 8 }, () => "invalid_message"), "voice_service_unreachable"]);
  t.is(socket.closed, undefined);
});

test.serial("nothing but bad frames ends in 4400", async (t) => {
  const socket = await WireSocket.open(t, t.context.edge.port, path("s6"));
  for (let i = 0; i < 33; i++) socket.send("{");
  await socket.until(() => socket.closed, "closed");
  t.deepEqual(socket.closed, { code: 4400, reason: "too_many_errors" });
});

test.serial("a repeated client_msg_id is one message, answered with its state", async (t) => {
  const { edge, actor } = t.context;
  const socket = await WireSocket.open(t, edge.port, path("known"));
  await socket.frame({ type: "connected" });
  socket.send({ type: "message", content: "once", client_msg_id: "again" });
  await socket.frame({ type: "accepted", client_msg_id: "again" });
  socket.send({ type: "message", content: "once", client_msg_id: "again" });
  const answer = await socket.frame({ type: "accepted", duplicate: true });
  t.like(answer, {
    client_msg_id: "again",
    message_id: "msg_first",
    status: "completed",
    text: "the answer",
  });
  t.is(answer.seq, undefined);
  t.is(actor.inputs.filter(({ content }) => content === "once").length, 1);
});

test.serial("a message that nobody takes is answered with an error that says it is kept", async (t) => {
  const socket = await WireSocket.open(t, t.context.edge.port, path("s7"));
  await socket.frame({ type: "connected" });
  socket.send({ type: "message", content: "silent", client_msg_id: "lonely" });
  const error = await socket.frame({ type: "error", client_msg_id: "lonely" });
  t.like(error, { errorType: "service_unavailable", session_id: "s7" });
  t.regex(String(error.hint), /client_msg_id/);
});

test.serial("history of a session without messages and without an actor", async (t) => {
  const { edge, actor } = t.context;
  const socket = await WireSocket.open(t, edge.port, path("s8"));
  await socket.frame({ type: "connected" });
  socket.send({ type: "history" });
  t.like(await socket.frame({ type: "error" }), { errorType: "service_unavailable", session_id: "s8" });
  const served = actor.nc.subscribe(subjects.rest("sessions", "messages"), {
    callback: (_, msg) => {
      const { query, params } = msg.json<{ query: SessionInput; params: { id: string } }>();
      if (params.id === "s8") msg.respond(JSON.stringify({ status: 404, body: { error: "会话不存在" } }));
      else msg.respond(JSON.stringify({ status: 200, body: { messages: [], has_more: true, query } }));
    },
  });
  await actor.nc.flush();
  socket.send({ type: "history" });
  t.like(await socket.frame({ type: "history_response", session_id: "s8" }), {
    messages: [],
    has_more: false,
  });
  socket.send({ type: "history", session_id: "other", limit: 3, before: 7 });
  t.like(await socket.frame({ type: "history_response", session_id: "other" }), { has_more: true });
  socket.send({ type: "history", limit: 1000 });
  await socket.frame({ errorType: "invalid_message" });
  served.unsubscribe();
});

test.serial("everything that a client says at once is answered, from its first moment on", async (t) => {
  const { edge, actor } = t.context;
  const served = actor.nc.subscribe(subjects.rest("sessions", "messages"), {
    callback: (_, msg) =>
      void msg.respond(JSON.stringify({ status: 200, body: { messages: [], has_more: false } })),
  });
  await actor.nc.flush();
  const socket = await WireSocket.open(t, edge.port, path("burst"));
  const count = 100;
  for (let i = 0; i < count; i++) {
    socket.send({ type: "message", content: `burst ${i}`, client_msg_id: `b${i}` });
    socket.send({ type: "history" });
  }
  const all = (type: string) => socket.frames.filter((frame) => frame.type === type);
  await socket.until(() => all("accepted").length === count, "all accepted");
  await socket.until(() => all("history_response").length === count, "all histories");
  t.is(socket.frames[0]?.type, "connected");
  t.deepEqual(
    all("accepted").map(({ client_msg_id }) => client_msg_id as string),
    Array.from({ length: count }, (_, i) => `b${i}`),
  );
  served.unsubscribe();
});

test.serial("attachments that no NATS message can carry are refused by name", async (t) => {
  const socket = await WireSocket.open(t, t.context.edge.port, path("s9"));
  await socket.frame({ type: "connected" });
  const attachments = [{ type: "image", url: `https://example.org/${"A".repeat(400_000)}` }];
  socket.send({ type: "message", content: "big", client_msg_id: "big", attachments });
  const error = await socket.frame({ type: "error", client_msg_id: "big" });
  t.is(error.errorType, "payload_too_large");
  t.regex(String(error.error), /attachments/);
});

test.serial("a stopping edge tells its sockets to come back", async (t) => {
  const other = await t.context.another();
  const socket = await WireSocket.open(t, other.port, path("s10"));
  await socket.frame({ type: "connected" });
  await other.stop();
  await socket.until(() => socket.closed, "closed");
  t.deepEqual(socket.closed, { code: 1012, reason: "going_away" });
});
