import test from "ava";
import { eventually } from "../../../_kit/judge/waiting.ts";
import { pcmOf, VoiceWorld } from "../../../_kit/worlds/voice.ts";

const start = { type: "voice_stream_start", format: "pcm" };
const end = { type: "voice_stream_end" };
const chunk = (letters: string, sequence: number) => ({
  type: "voice_stream_chunk",
  audio_data: pcmOf(letters),
  sequence,
});

test("a voice process that dies is noticed; text goes on, and a new one hears", async (t) => {
  const world = await VoiceWorld.start({ stt: "hear:300" });
  t.teardown(() => world.stop());
  const socket = await world.socket(t, "s");
  const open = async (id: string) => {
    socket.send({ ...start, client_msg_id: id });
    await socket.frame({ type: "voice_interim", client_msg_id: id });
  };
  const lost = (id: string) => socket.frame({ type: "error", client_msg_id: id });

  // It dies while somebody speaks, while his words are read, and while a recording is.
  await open("speaking");
  socket.send(chunk("abc", 0));
  const second = await world.socket(t, "s");
  second.send({ ...start, client_msg_id: "read" });
  second.send(chunk("abc", 0));
  second.send(end);
  second.send({ type: "voice_input", format: "pcm", audio_data: pcmOf("def"), client_msg_id: "recorded" });
  await second.frame({ type: "voice_interim", client_msg_id: "read" });
  world.voice.kill("SIGKILL");
  t.is((await lost("speaking")).errorType, "voice_service_unreachable");
  for (const id of ["read", "recorded"]) {
    t.is((await second.frame({ type: "error", client_msg_id: id })).errorType, "voice_service_unreachable");
  }
  await world.voice.exit();

  // With nobody to hear or speak.
  socket.send(end);
  socket.send({ ...start, client_msg_id: "nobody" });
  t.is((await lost("nobody")).errorType, "voice_service_unreachable");
  socket.send({ type: "voice_input", format: "pcm", audio_data: pcmOf("abc"), client_msg_id: "no" });
  t.is((await lost("no")).errorType, "voice_service_unreachable");
  const content = "Only text this time. There is no voice.";
  socket.send({ type: "message", mode: "voice_assistant", content, client_msg_id: "typed" });
  const reply = await socket.frame({ type: "stream_end", client_msg_id: "typed" });
  t.like(reply, { text: content, finish_reason: "stop" });
  t.is(reply.full_audio_url, undefined);
  const told = socket.frames.filter(
    ({ type, system_info }) => type === "system_info" && system_info.action === "voice_unavailable",
  );
  t.is(told.length, 1);

  await world.voice.start();
  await open("back");
  socket.send(chunk("back", 0));
  socket.send(end);
  t.is((await socket.frame({ type: "voice_final", client_msg_id: "back" })).text, "back");
  await socket.frame({ type: "stream_end", client_msg_id: "back" });
  // What was lost has left nothing behind.
  const said = (await world.history("s")).filter(({ role }) => role === "user");
  t.deepEqual(
    said.map(({ client_msg_id }) => client_msg_id as string),
    ["typed", "back"],
  );
});

test("a voice process that is told to stop says so, and reads what is complete", async (t) => {
  const world = await VoiceWorld.start({ stt: "hear:500" });
  t.teardown(() => world.stop());
  const [speaking, done] = [await world.socket(t, "a"), await world.socket(t, "b")];
  speaking.send(start);
  await speaking.frame({ type: "voice_interim" });
  done.send(start);
  done.send(chunk("whole", 0));
  done.send(end);
  await eventually(async () => (await world.calls("hear")).length > 0, 10_000, "the words are being read");
  world.voice.kill("SIGTERM");
  t.is((await speaking.frame({ type: "error" })).errorType, "voice_service_unreachable");
  t.is((await done.frame({ type: "voice_final" })).text, "whole");
  t.is(await world.voice.exit(), 0);
});
