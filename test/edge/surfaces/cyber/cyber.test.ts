import anyTest, { type TestFn } from "ava";
import { chatChunkSchema, openaiErrorSchema } from "../../../../schemas/wire/openai.ts";
import { type AnyFrame, WireSocket } from "../../../_kit/clients/wire-socket.ts";
import { type EdgeWorld, startEdgeWorld } from "../../../_kit/worlds/edge-world.ts";
import { echoOf, replyTo } from "../../../_kit/worlds/stand-in.ts";
import { mintToken } from "../../../_kit/worlds/token.ts";

const test = anyTest as TestFn<EdgeWorld>;

test.before(async (t) => {
  t.context = await startEdgeWorld({ LIMIT_CONFIRM_MS: "300", LIMIT_OWNER_ANSWER_MS: "300" });
  const { actor } = t.context;
  actor.onInput = (input) => {
    if (!input.content.startsWith("silent")) void actor.out(input.user, echoOf(input));
  };
  actor.state = (ask) =>
    ask.kind === "state" && ask.client_msg_id === "again"
      ? { status: "completed", reply_id: "old", text: "said before" }
      : { status: "unknown" };
  actor.own();
});
test.after.always((t) => t.context.stop());

const contentOf = (frames: readonly AnyFrame[]) =>
  frames.map((frame) => chatChunkSchema.parse(frame).choices[0]?.delta.content ?? "").join("");
const last = (socket: WireSocket) => socket.frames.at(-1)?.choices?.[0]?.finish_reason === "stop";

const open = (t: Parameters<typeof WireSocket.open>[0], port: number, user = "user_alice") =>
  WireSocket.open(t, port, `/${mintToken(user)}`);

test.serial("a bad authorization is refused before the upgrade", async (t) => {
  const { refused } = await WireSocket.open(t, t.context.edge.port, "/whoever");
  t.like(refused, { status: 401, body: { errorType: "invalid_token" } });
});

test.serial("replies come as OpenAI chunks, to the socket that asked and to no other", async (t) => {
  const { edge, actor } = t.context;
  const asker = await open(t, edge.port);
  const beside = await open(t, edge.port);
  asker.send({ content: "hello", model: "ena-test" });
  const input = await actor.input("hello");
  t.like(input, { user: "user_alice", session: "cyber_user_alice", model: "ena-test", surface: "cyber" });
  await actor.out(
    "user_alice",
    ...replyTo({ ...input, reply_id: "another" }, ["not ", "yours"]).slice(1, -1),
  );
  await actor.out("user_alice", ...replyTo(input, ["a", "b", "c"]));
  await asker.until(() => last(asker), "the last chunk");
  const chunks = asker.frames.map((frame) => chatChunkSchema.parse(frame));
  t.is(contentOf(asker.frames), "abc");
  t.deepEqual(
    chunks.map(({ choices }) => choices[0]?.delta.role),
    ["assistant", undefined, undefined, undefined],
  );
  t.deepEqual(
    chunks.map(({ choices }) => choices[0]?.finish_reason ?? null),
    [null, null, null, "stop"],
  );
  t.is(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size, 1);
  t.is(chunks[0]?.id, `chatcmpl-${input.reply_id}`);
  t.is(chunks[0]?.model, "stand-in");
  t.is(beside.frames.length, 0);
});

test.serial("a turn that starts again says nothing twice", async (t) => {
  const { edge, actor } = t.context;
  const socket = await open(t, edge.port, "user_again");
  socket.send({ content: "restart" });
  const input = await actor.input("restart");
  await actor.out("user_again", ...replyTo(input, ["one ", "two "], { end: false }));
  await socket.until(() => socket.frames.length === 2, "the first attempt");
  await actor.out("user_again", ...replyTo(input, ["one", " two three"], { attempt: 2 }));
  await socket.until(() => last(socket), "the last chunk");
  t.is(contentOf(socket.frames), "one two three");
});

test.serial("a turn that starts again differently ends in an error", async (t) => {
  const { edge, actor } = t.context;
  const socket = await open(t, edge.port, "user_other");
  socket.send({ content: "differ" });
  const input = await actor.input("differ");
  await actor.out("user_other", ...replyTo(input, ["one "], { end: false }));
  await actor.out("user_other", ...replyTo(input, ["two "], { attempt: 2 }));
  await socket.until(() => socket.frames.length === 2, "an error");
  t.is(openaiErrorSchema.parse(socket.frames[1]).error.code, "llm_unavailable");
});

test.serial("bad frames, a full wait, a repeat: OpenAI errors and one answer", async (t) => {
  const socket = await open(t, t.context.edge.port, "user_bad");
  for (const bad of ["{", "[]", '{"content":""}', '{"content":1}']) socket.send(bad);
  await socket.until(() => socket.frames.length === 4, "four errors");
  for (const frame of socket.frames) t.is(openaiErrorSchema.parse(frame).error.code, "invalid_message");
  socket.send({ content: "silent" });
  await socket.until(() => socket.frames.length === 5, "an error");
  t.is(openaiErrorSchema.parse(socket.frames[4]).error.code, "service_unavailable");
  socket.send({ content: "silent once", client_msg_id: "again" });
  socket.send({ content: "silent once", client_msg_id: "again" });
  await socket.until(() => last(socket), "the old answer");
  t.is(contentOf(socket.frames.slice(5, 6)), "said before");
});
