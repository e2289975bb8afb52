import test from "ava";
import { Codec } from "../../../../actors/voice/codec/codec.ts";
import { encodeAudio } from "../../../../actors/voice/codec/encode.ts";
import { limitsSchema } from "../../../../schemas/limits.ts";
import { sayLetters } from "../../../_kit/fakes/upstream-audio.ts";
import { VoiceWorld } from "../../../_kit/worlds/voice.ts";

test("compressed speech is heard while its file is still growing", async (t) => {
  const world = await VoiceWorld.start({ env: { LIMIT_VOICE_INTERIM_MS: "50" } });
  t.teardown(() => world.stop());
  const codec = new Codec(limitsSchema.parse({}));
  t.teardown(() => codec.stop());
  const said = "j".repeat(30);
  const samples = sayLetters(said);
  const pcm = new Int16Array(samples.buffer, samples.byteOffset, samples.length / 2);
  const file = await encodeAudio(codec, { pcm, sampleRate: 16_000 }, "opus", new AbortController().signal);
  const chunk = (from: number, to: number, sequence: number) => ({
    type: "voice_stream_chunk",
    audio_data: Buffer.from(file.subarray(from, to)).toString("base64"),
    sequence,
  });

  const socket = await world.socket(t, "file");
  socket.send({ type: "voice_stream_start", format: "opus" });
  const half = Math.floor(file.length / 2);
  socket.send(chunk(0, half, 0));
  const interim = await socket.until(
    () => socket.frames.find(({ type, text }) => type === "voice_interim" && text !== ""),
    "what was said so far",
  );
  socket.send(chunk(half, file.length, 1));
  socket.send({ type: "voice_stream_end" });
  const final = await socket.frame({ type: "voice_final" });
  // Compression changes how loud it is, not how long.
  // Half of the file is some of what was said, as far as whole pages go.
  const soFar = String(interim.text).length;
  t.true(soFar >= 5 && soFar < said.length, String(interim.text));
  t.true(Math.abs(String(final.text).length - said.length) <= 2, String(final.text));
});
