import test from "ava";
import { pcmOf, VoiceWorld } from "../../../_kit/worlds/voice.ts";

const start = { type: "voice_stream_start", format: "pcm" };
const end = { type: "voice_stream_end" };
const chunk = (letters: string, sequence: number) => ({
  type: "voice_stream_chunk",
  audio_data: pcmOf(letters),
  sequence,
});

test("speech that comes far faster than anybody speaks is refused once", async (t) => {
  const world = await VoiceWorld.start({ env: { LIMIT_VOICE_AHEAD_MS: "1000" } });
  t.teardown(() => world.stop());
  const socket = await world.socket(t, "fast");
  socket.send(start);
  await socket.frame({ type: "voice_interim" });
  for (let i = 0; i < 40; i++) socket.send(chunk("fast", i));
  const error = await socket.frame({ type: "error" });
  t.is(error.errorType, "rate_limited");
  socket.send(end);
  socket.send(start);
  socket.send(chunk("slow", 0));
  socket.send(end);
  await socket.frame({ type: "voice_final", text: "slow" });
  t.is(socket.frames.filter(({ type }) => type === "error").length, 1);
});

test("a stream in which nothing comes any more ends with its text, an empty one is given up, and the next is heard", async (t) => {
  const world = await VoiceWorld.start({ env: { LIMIT_VOICE_IDLE_MS: "1000" } });
  t.teardown(() => world.stop());
  const socket = await world.socket(t, "gone");
  socket.send(start);
  socket.send(chunk("abc", 0));
  t.is((await socket.frame({ type: "voice_final" })).text, "abc");
  socket.send(chunk("def", 1));
  socket.send(end);
  socket.send(start);
  const error = await socket.frame({ type: "error", errorType: "voice_stream_timeout" });
  t.is(error.session_id, "gone");
  socket.send(end);
  socket.send(start);
  socket.send(chunk("back", 0));
  socket.send(end);
  t.is((await socket.frame({ type: "voice_final", text: "back" })).text, "back");
  t.is(socket.frames.filter(({ type }) => type === "error").length, 1);
});

test("what was said while the network was away comes at once, and all of it is heard", async (t) => {
  const world = await VoiceWorld.start();
  t.teardown(() => world.stop());
  const socket = await world.socket(t, "burst");
  socket.send(start);
  // 20 s in pieces of 100 ms, before and after the answer to the start.
  const said = "abcdefghij".repeat(20);
  [...said].forEach((letter, i) => {
    socket.send(chunk(letter, i));
  });
  socket.send(end);
  t.is((await socket.frame({ type: "voice_final" })).text, said);
  t.is(socket.frames.filter(({ type }) => type === "error").length, 0);
});
