import anyTest, { type TestFn } from "ava";
import { pcmOf, VoiceWorld, wavBase64 } from "../../../_kit/worlds/voice.ts";

const test = anyTest as TestFn<{ world: VoiceWorld }>;

test.before(async (t) => {
  t.context.world = await VoiceWorld.start({ env: { LIMIT_VOICE_INPUT_BYTES: "2000000" } });
});
test.after.always((t) => t.context.world.stop());

test.serial("a recording becomes its transcript, then a message with all that follows", async (t) => {
  const socket = await t.context.world.socket(t, "said");
  const other = await t.context.world.socket(t, "elsewhere");
  // Far more than a NATS message carries.
  const parts = ["hello".repeat(30), "world".repeat(18)];
  const letters = parts.join("        ");
  // So long that it is read in two parts, with a pause between them.
  const words = parts.join(" ");
  socket.send({
    type: "voice_input",
    audio_data: wavBase64(letters),
    client_msg_id: "v1",
    device_name: "watch",
  });
  const end = await socket.frame({ type: "stream_end", client_msg_id: "v1" });
  t.is(end.text, words);
  const own = socket.frames.map(({ type }) => type as string);
  t.deepEqual(own.slice(0, 4), ["connected", "voice_transcript", "accepted", "stream_start"]);
  t.like(socket.frames[1], { text: words, session_id: "said", client_msg_id: "v1" });
  t.regex(String(socket.frames[1]?.message_id), /^voice_/);
  const echo = await other.frame({ type: "response", role: "user" });
  t.like(echo, { content: words, client_msg_id: "v1", client_info: { device_name: "watch" } });
  t.is(other.frames.filter(({ type }) => String(type).startsWith("voice_")).length, 0);
});

test("sent again with its client_msg_id it stays one message", async (t) => {
  const socket = await t.context.world.socket(t, "again");
  const frame = { type: "voice_input", audio_data: pcmOf("once"), format: "pcm", client_msg_id: "o1" };
  socket.send(frame);
  await socket.frame({ type: "stream_end", client_msg_id: "o1" });
  socket.send(frame);
  t.like(await socket.frame({ type: "accepted", duplicate: true }), { status: "completed", text: "once" });
  const said = (await t.context.world.history("again")).filter(({ role }) => role === "user");
  t.deepEqual(
    said.map(({ content }) => content as string),
    ["once"],
  );
});

test("utterances become messages in the order in which they were sent", async (t) => {
  const socket = await t.context.world.socket(t, "order");
  const said = ["first", "second", "third"];
  for (const letters of said) socket.send({ type: "voice_input", audio_data: pcmOf(letters), format: "pcm" });
  await socket.until(
    () => socket.frames.filter(({ type }) => type === "stream_end").length === 3,
    "three replies",
  );
  const messages = (await t.context.world.history("order")).filter(({ role }) => role === "user");
  t.deepEqual(
    messages.map(({ content }) => content as string),
    said,
  );
});

test("silence has an empty transcript and becomes no message", async (t) => {
  const socket = await t.context.world.socket(t, "silent");
  socket.send({ type: "voice_input", audio_data: pcmOf("          "), format: "pcm", client_msg_id: "s1" });
  t.is((await socket.frame({ type: "voice_transcript" })).text, "");
  socket.send({ type: "message", content: "typed", client_msg_id: "s2" });
  await socket.frame({ type: "stream_end", client_msg_id: "s2" });
  t.is(socket.frames.filter(({ type }) => type === "accepted").length, 1);
  t.is((await t.context.world.history("silent")).length, 2);
});

test("what is no recording is answered with its reason", async (t) => {
  const socket = await t.context.world.socket(t, "bad");
  const refused = async (frame: object, errorType: string) => {
    const before = socket.frames.length;
    socket.send({ type: "voice_input", ...frame });
    const error = await socket.until(
      () => socket.frames.slice(before).find(({ type }) => type === "error"),
      errorType,
    );
    t.is(error.errorType, errorType);
    return error;
  };
  await refused({}, "invalid_message");
  await refused({ audio_data: "no base64!" }, "invalid_message");
  await refused({ audio_data: pcmOf("a"), format: "vinyl" }, "invalid_message");
  await refused({ audio_data: Buffer.alloc(2_000_001).toString("base64") }, "payload_too_large");
  const noise = Buffer.from("this is text and not sound").toString("base64");
  const error = await refused({ audio_data: noise, client_msg_id: "n1" }, "invalid_request");
  t.is(error.client_msg_id, "n1");
  socket.send({ type: "ping" });
  await socket.frame({ type: "pong" });
});
