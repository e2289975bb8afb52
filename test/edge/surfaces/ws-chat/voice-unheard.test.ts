import test from "ava";
import { VoiceWorld } from "../../../_kit/worlds/voice.ts";

test("a reply that is interrupted before any of it was spoken was not heard", async (t) => {
  const world = await VoiceWorld.start({ chat: "slow:20x60", tts: "say:8000" });
  t.teardown(() => world.stop());
  const socket = await world.socket(t, "unheard");
  const content = "Nobody hears this one. Nor will they hear the one that follows it.";
  socket.send({ type: "message", mode: "voice_assistant", content, client_msg_id: "u1" });
  const { message_id } = await socket.frame({ type: "stream_start", client_msg_id: "u1" });
  await socket.until(
    () =>
      socket.frames
        .flatMap((frame) => (frame.type === "stream_chunk" ? [String(frame.content)] : []))
        .join("")
        .includes("one. Nor will") || undefined,
    "the first sentence",
  );
  socket.send({ type: "voice_interrupt", message_id, heard_index: 0, heard_ms: 0 });
  const end = await socket.frame({ type: "stream_end", client_msg_id: "u1" });
  t.like(end, { finish_reason: "cancelled", text: "" });
  t.false((await world.history("unheard")).some(({ role, content: said }) => role === "assistant" && said));
  // The next turn runs.
  socket.send({ type: "message", content: "go on", client_msg_id: "u2" });
  await socket.frame({ type: "stream_end", client_msg_id: "u2", finish_reason: "stop" });
});
