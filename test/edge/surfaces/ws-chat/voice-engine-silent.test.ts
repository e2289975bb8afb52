import test from "ava";
import type { AnyFrame } from "../../../_kit/clients/wire-socket.ts";
import { eventually } from "../../../_kit/judge/waiting.ts";
import { pcmOf, VoiceWorld } from "../../../_kit/worlds/voice.ts";

test("engines that never answer cost the sound and the words, and nothing else", async (t) => {
  const world = await VoiceWorld.start({
    stt: "hang",
    tts: "hang",
    env: { LIMIT_VOICE_FINAL_MS: "1000", LIMIT_VOICE_SENTENCE_MS: "500" },
  });
  t.teardown(() => world.stop());
  const socket = await world.socket(t, "s");
  socket.send({ type: "voice_stream_start", format: "pcm", client_msg_id: "v1" });
  socket.send({ type: "voice_stream_chunk", audio_data: pcmOf("abc"), sequence: 0 });
  socket.send({ type: "voice_stream_end" });
  t.is((await socket.frame({ type: "error", client_msg_id: "v1" })).errorType, "voice_service_unreachable");

  const content = "Nobody will ever say this. Nor will he say that. It stays text.";
  for (const id of ["m1", "m2"]) {
    socket.send({ type: "message", mode: "voice_assistant", content, client_msg_id: id });
    const end = await socket.frame({ type: "stream_end", client_msg_id: id });
    t.like(end, { text: content, finish_reason: "stop" });
    t.is(end.full_audio_url, undefined);
  }
  const told = socket.frames.filter(({ type }) => type === "system_info");
  t.deepEqual(
    told.map(({ system_info }) => system_info.action as string),
    ["voice_unavailable"],
  );
});

test("without an engine that hears, speech is refused at once", async (t) => {
  const world = await VoiceWorld.start();
  t.teardown(() => world.stop());
  const admin = { user: "admin" };
  await world.api.call("DELETE", "/api/v1/admin/models/routing/stt", admin);
  await eventually(
    async () =>
      !((await world.api.call("GET", "/api/v1/voice/status", admin)).body.stt as AnyFrame).available,
    10_000,
    "nobody hears",
  );
  const socket = await world.socket(t, "s");
  socket.send({ type: "voice_stream_start", client_msg_id: "v1" });
  socket.send({ type: "voice_input", format: "pcm", audio_data: pcmOf("abc"), client_msg_id: "v2" });
  for (const id of ["v1", "v2"]) {
    t.is((await socket.frame({ type: "error", client_msg_id: id })).errorType, "voice_service_unreachable");
  }
  t.false(socket.frames.some(({ type }) => String(type).startsWith("voice_")));
});
