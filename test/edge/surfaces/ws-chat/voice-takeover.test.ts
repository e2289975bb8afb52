import test from "ava";
import { contextDigest } from "../../../_kit/judge/context-digest.ts";
import { VoiceWorld } from "../../../_kit/worlds/voice.ts";

const sentences = ["One two three four five.", "Six seven eight nine ten.", "Then comes the rest of it."];
const whole = sentences.join(" ");

test("a spoken reply and what was heard of it survive the death of the session's process", async (t) => {
  const world = await VoiceWorld.start({ chat: "slow:30x60" });
  t.teardown(() => world.stop());
  const sessions = world.system.actor(0);
  const socket = await world.socket(t, "s");
  const restart = async () => {
    sessions.kill("SIGKILL");
    await sessions.exit();
    await sessions.start();
  };

  socket.send({ type: "message", mode: "voice_assistant", content: whole, client_msg_id: "m1" });
  const first = await socket.frame({ type: "stream_segments" });
  await restart();
  const end = await socket.until(
    () => socket.frames.find(({ type, client_msg_id }) => type === "stream_end" && client_msg_id === "m1"),
    "the end of the reply",
    60_000,
  );
  t.like(end, { text: whole, finish_reason: "stop", message_id: first.message_id });
  t.truthy(end.full_audio_url);
  const final = socket.frames.findLast(({ type }) => type === "stream_segments") ?? {};
  const segments = final.segments as { text: string; audio_url?: string }[];
  t.deepEqual(
    segments.map(({ text, audio_url }) => [text, typeof audio_url]),
    sentences.map((text) => [text, "string"]),
  );

  // Cut, and dead before anything else can follow from it.
  socket.send({ type: "voice_interrupt", message_id: end.message_id, heard_index: 1, heard_ms: 0 });
  await socket.frame({ type: "voice_interrupted" });
  await restart();
  socket.send({ type: "message", content: "go on", client_msg_id: "m2", model: "context" });
  const next = await socket.until(
    () => socket.frames.find(({ type, client_msg_id }) => type === "stream_end" && client_msg_id === "m2"),
    "the next reply",
    60_000,
  );
  const given = [
    { role: "user", content: whole },
    { role: "assistant", content: sentences[0] ?? "" },
    { role: "user", content: "go on" },
  ];
  t.is(String(next.text).split(" ")[0], contextDigest(given));
  t.deepEqual(
    (await world.history("s")).map(({ content }) => content as string).slice(0, 3),
    given.map(({ content }) => content),
  );
});
