import anyTest, { type ExecutionContext, type TestFn } from "ava";
import { type AnyFrame, WireSocket } from "../../_kit/clients/wire-socket.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<{ api: Api }>;

test.before(async (t) => {
  t.context = { api: await Api.start() };
});
test.after.always((t) => t.context.api?.stop());

/** A socket in a session of its own, and one of another device of the same user. */
async function devices(t: ExecutionContext<{ api: Api }>, session: string) {
  const port = t.context.api.system.edge(0).port;
  const path = `/ws/chat?token=${mintToken("admin")}&session_id=${session}`;
  const [phone, desk] = await Promise.all([
    WireSocket.open(t, port, `${path}&device_name=phone`),
    WireSocket.open(t, port, `${path}&device_name=desk`),
  ]);
  await Promise.all([phone, desk].map((socket) => socket.frame({ type: "connected" })));
  return { phone, desk };
}

const ofSession = (socket: WireSocket, session: string) =>
  socket.frames.filter(
    (frame) => frame.session_id === session && frame.seq !== undefined && frame.type !== "connected",
  );

async function history(socket: WireSocket): Promise<AnyFrame[]> {
  const before = socket.frames.length;
  socket.send({ type: "history" });
  const answer = await socket.until(
    () => socket.frames.slice(before).find(({ type }) => type === "history_response"),
    "history",
  );
  return answer.messages as AnyFrame[];
}

test.serial("a reply comes in the documented order, in pieces, with one message_id", async (t) => {
  const { phone, desk } = await devices(t, "order");
  phone.send({
    type: "message",
    model: "ena-test",
    content: "<action>推开窗户</action>你好呀！今天很好。\n\n# 标题\n- 一",
    client_msg_id: "c1",
  });
  await desk.frame({ type: "stream_end", session_id: "order" });
  const frames = ofSession(desk, "order");
  t.deepEqual(
    frames.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]),
    ["response", "stream_start", "stream_chunk", "review", "stream_segments", "stream_end"],
  );
  t.like(frames[0], { role: "user", client_msg_id: "c1", msg_type: "chat" });
  t.like(frames[0]?.client_info, { device_name: "phone" });
  t.is(new Set(frames.slice(1).map(({ message_id }) => message_id)).size, 1);
  const review = frames.find(({ type }) => type === "review")?.review_messages as AnyFrame[];
  t.deepEqual(
    review.map(({ type }) => type),
    ["chat", "action", "chat", "markdown"],
  );
  const segments = frames.find(({ type }) => type === "stream_segments")?.segments as AnyFrame[];
  t.deepEqual(
    segments.map(({ index, text }) => [index, text]),
    [
      [0, "ena-test:"],
      [1, "你好呀！"],
      [2, "今天很好。"],
    ],
  );
  t.deepEqual(
    ofSession(phone, "order").filter(({ type }) => type === "response"),
    [],
  );
  t.like(await phone.frame({ type: "accepted", client_msg_id: "c1" }), { session_id: "order" });
});

test.serial("what a model thinks comes as thinking, never in the reply", async (t) => {
  const { phone } = await devices(t, "thinking");
  phone.send({ type: "message", content: "@reason:3x10 why" });
  const end = await phone.frame({ type: "stream_end", session_id: "thinking" });
  const thoughts = ofSession(phone, "thinking").filter(({ type }) => type === "thinking");
  t.true(thoughts.length > 0);
  const thought = thoughts.map(({ thinking_content }) => thinking_content).join("");
  t.true(thought.length > 0);
  t.true(
    thoughts.every(({ msg_type, message_id }) => msg_type === "thinking" && message_id === end.message_id),
  );
  t.false(String(end.text).includes(thought));
});

test.serial("a stop from another device keeps what was said, and the next message runs", async (t) => {
  const { phone, desk } = await devices(t, "stop");
  phone.send({ type: "message", model: "ena-test:200x50", content: "a long answer, please" });
  await desk.frame({ type: "stream_chunk", session_id: "stop" });
  desk.send({ type: "stop" });
  const end = await phone.frame({ type: "stream_end", session_id: "stop" });
  t.is(end.finish_reason, "cancelled");
  t.true(String(end.text).length > 0);
  const last = (await history(phone)).at(-1);
  t.like(last, { role: "assistant", content: end.text, finish_reason: "cancelled" });
  desk.send({ type: "stop" });
  await desk.frame({ type: "error", errorType: "turn_not_found" });
  phone.send({ type: "message", model: "ena-test", content: "next", client_msg_id: "after" });
  t.like(await phone.frame({ type: "stream_end", client_msg_id: "after" }), { text: "ena-test: next" });
});

test.serial("the last reply can be made anew, an earlier one cannot", async (t) => {
  const { phone, desk } = await devices(t, "again");
  phone.send({ type: "message", model: "ena-test", content: "first", client_msg_id: "m1" });
  const first = await phone.frame({ type: "stream_end", client_msg_id: "m1" });
  phone.send({ type: "regenerate", message_id: first.message_id, model: "ena-test", client_msg_id: "r1" });
  const second = await desk.frame({ type: "stream_end", client_msg_id: "r1" });
  t.is(second.text, "ena-test: first");
  t.not(second.message_id, first.message_id);
  t.deepEqual(
    (await history(desk)).map(({ role, message_id }) => [role, role === "assistant" ? message_id : ""]),
    [
      ["user", ""],
      ["assistant", second.message_id],
    ],
  );
  phone.send({ type: "regenerate", message_id: first.message_id, client_msg_id: "r2" });
  t.is((await phone.frame({ type: "error", client_msg_id: "r2" })).errorType, "invalid_request");
});
