import anyTest, { type TestFn } from "ava";
import type { AnyFrame, WireSocket } from "../../../_kit/clients/wire-socket.ts";
import { pcmOf, textsOf, VoiceWorld, wavBase64 } from "../../../_kit/worlds/voice.ts";

const test = anyTest as TestFn<{ world: VoiceWorld }>;

test.before(async (t) => {
  // Two processes hear: each stream stays with one of them.
  t.context.world = await VoiceWorld.start({
    actors: 3,
    env: {
      LIMIT_VOICE_INTERIM_MS: "50",
      LIMIT_VOICE_STREAM_MS: "2000",
      LIMIT_VOICE_AHEAD_MS: "3000",
      LIMIT_VOICE_REORDER_CHUNKS: "4",
    },
  });
});
test.after.always((t) => t.context.world.stop());

const start = { type: "voice_stream_start", format: "pcm", language: "en" };
const chunk = (letters: string, sequence: number) => ({
  type: "voice_stream_chunk",
  audio_data: pcmOf(letters),
  sequence,
});
const end = { type: "voice_stream_end" };

/** The first frame of a type after so many frames. */
function later(socket: WireSocket, from: number, fields: AnyFrame): Promise<AnyFrame> {
  const fits = (frame: AnyFrame) => Object.entries(fields).every(([key, value]) => frame[key] === value);
  return socket.until(() => socket.frames.slice(from).find(fits), JSON.stringify(fields));
}

test("interim results grow while somebody speaks, then comes the final one, then the turn", async (t) => {
  const socket = await t.context.world.socket(t, "grow");
  socket.send({ ...start, client_msg_id: "g1", mode: "text" });
  const opened = await socket.frame({ type: "voice_interim" });
  t.like(opened, { text: "", session_id: "grow", client_msg_id: "g1" });
  for (const [index, letters] of ["abc", "def", "ghi"].entries()) {
    const said = "abcdefghi".slice(0, (index + 1) * 3);
    socket.send(chunk(letters, index));
    await socket.frame({ type: "voice_interim", text: said });
  }
  socket.send(end);
  const final = await socket.frame({ type: "voice_final" });
  t.like(final, { text: "abcdefghi", message_id: opened.message_id });
  t.deepEqual(textsOf(socket, "voice_interim"), ["", "abc", "abcdef", "abcdefghi"]);
  t.is((await socket.frame({ type: "stream_end", client_msg_id: "g1" })).text, "abcdefghi");
  const types = socket.frames.map(({ type }) => type as string);
  t.true(types.indexOf("voice_final") < types.indexOf("accepted"));
});

test("chunks count by their sequence: late, doubled and missing ones", async (t) => {
  const socket = await t.context.world.socket(t, "sequence");
  socket.send(start);
  socket.send(chunk("c", 2));
  socket.send(chunk("a", 0));
  socket.send(chunk("a", 0));
  socket.send(chunk("b", 1));
  socket.send(chunk("z", 1));
  // The fifth never comes; later ones are not held back for ever.
  for (const [index, letter] of [..."fghij"].entries()) socket.send(chunk(letter, 5 + index));
  await socket.frame({ type: "voice_interim", text: "abcfghij" });
  socket.send(chunk("l", 11));
  socket.send(end);
  t.is((await socket.frame({ type: "voice_final" })).text, "abcfghijl");
});

test("chunks need not wait for the answer to the start, and may be a file in parts", async (t) => {
  const socket = await t.context.world.socket(t, "eager");
  const file = Buffer.from(wavBase64("hasty"), "base64");
  socket.send({ ...start, format: "wav" });
  for (let from = 0, sequence = 0; from < file.length; from += 5_000, sequence++) {
    const audio_data = file.subarray(from, from + 5_000).toString("base64");
    socket.send({ type: "voice_stream_chunk", audio_data, sequence });
  }
  socket.send(end);
  t.is((await socket.frame({ type: "voice_final" })).text, "hasty");
});

test("silence, or nothing at all, ends with an empty final and no turn", async (t) => {
  const socket = await t.context.world.socket(t, "quiet");
  socket.send(start);
  socket.send(end);
  t.is((await socket.frame({ type: "voice_final" })).text, "");
  const from = socket.frames.length;
  socket.send(start);
  socket.send(chunk("          ", 0));
  socket.send(end);
  t.is((await later(socket, from, { type: "voice_final" })).text, "");
  socket.send({ type: "message", content: "typed", client_msg_id: "q1" });
  await socket.frame({ type: "stream_end", client_msg_id: "q1" });
  t.is((await t.context.world.history("quiet")).length, 2);
});

test("frames out of place have their answers, and harm nothing", async (t) => {
  const socket = await t.context.world.socket(t, "place");
  socket.send(chunk("a", 0));
  t.is((await socket.frame({ type: "error" })).errorType, "invalid_message");
  let from = socket.frames.length;
  socket.send(end);
  t.is((await later(socket, from, { type: "error" })).errorType, "invalid_message");
  socket.send(start);
  socket.send(chunk("ab", 0));
  from = socket.frames.length;
  socket.send({ ...start, client_msg_id: "p2" });
  t.like(await later(socket, from, { type: "error" }), { errorType: "conflict", client_msg_id: "p2" });
  from = socket.frames.length;
  socket.send({
    type: "voice_stream_chunk",
    sequence: 1,
    audio_data: Buffer.alloc(140_000).toString("base64"),
  });
  t.is((await later(socket, from, { type: "error" })).errorType, "payload_too_large");
  socket.send(chunk("cd", 1));
  socket.send(end);
  t.is((await socket.frame({ type: "voice_final" })).text, "abcd");
});

test("a stream that is too long ends as if it had been told to", async (t) => {
  const socket = await t.context.world.socket(t, "long");
  socket.send({ ...start, client_msg_id: "l1" });
  socket.send(chunk("abcdefghijklmnopqrstuvw", 0));
  t.is((await socket.frame({ type: "error" })).errorType, "payload_too_large");
  socket.send(chunk("xyz", 1));
  socket.send(end);
  t.is((await socket.frame({ type: "voice_final" })).text, "abcdefghijklmnopqrstuvw");
  await socket.frame({ type: "stream_end", client_msg_id: "l1" });
});

test("a socket that closes takes its stream along", async (t) => {
  const socket = await t.context.world.socket(t, "closed");
  socket.send({ ...start, client_msg_id: "c1" });
  socket.send(chunk("abc", 0));
  await socket.frame({ type: "voice_interim", text: "abc" });
  await socket.cut();
  const next = await t.context.world.socket(t, "closed");
  next.send(start);
  next.send(chunk("def", 0));
  next.send(end);
  await next.frame({ type: "stream_end" });
  const said = (await t.context.world.history("closed")).filter(({ role }) => role === "user");
  t.deepEqual(
    said.map(({ content }) => content as string),
    ["def"],
  );
});
