import type { AnyFrame, WireSocket } from "../_kit/clients/wire-socket.ts";
import { sayLetters } from "../_kit/fakes/upstream-audio.ts";
import { lasting } from "../_kit/judge/waiting.ts";
import { VoiceWorld } from "../_kit/worlds/voice.ts";
import { type Figure, percentile } from "./figures.ts";
import type { Plan } from "./plan.ts";

// Voice on /ws/chat with a scripted provider that hears and speaks at once: what the way there and back takes. What
// real engines take comes on top; `make voice-eval` measures that of the local ones.

const sentence = "This is a sentence that nobody has ever said before, number";
const chunkMs = 100;

/** How long a user waits for what was understood of his words, and for the first sentence of a reply. */
export async function voice(plan: Plan): Promise<Figure[]> {
  const rounds = plan.repetitions > 1 ? 20 : 5;
  const world = await VoiceWorld.start({ chat: "slow:30x40", env: { LOG_LEVEL: "warn" } });
  const stops: (() => unknown)[] = [];
  try {
    const socket = await world.socket({ teardown: (fn) => void stops.push(fn) }, "bench");
    const heard: number[] = [];
    const spoken: number[] = [];
    for (let round = 0; round < rounds; round++) {
      heard.push(await listen(socket, `v${round}`));
      spoken.push(await speak(socket, round));
    }
    return [
      figure("end of speech to voice_final, scripted engine, p50", heard, 500),
      figure("first sentence of the text to its audio, scripted engine, p50", spoken, 1_000),
    ];
  } finally {
    for (const stop of stops) await stop();
    await world.stop();
  }
}

function figure(name: string, values: readonly number[], bound: number): Figure {
  return {
    name,
    unit: "ms",
    values: [percentile(values, 0.5)],
    target: { of: "value", sense: "max", bound },
    note: `p95 ${Math.round(percentile(values, 0.95))} ms of ${values.length}`,
  };
}

/** Two seconds of speech as fast as it is spoken, ms from its end to its text. */
async function listen(socket: WireSocket, id: string): Promise<number> {
  socket.send({ type: "voice_stream_start", format: "pcm", client_msg_id: id });
  for (const [sequence, letter] of [..."abcdefghijklmnopqrst"].entries()) {
    const audio_data = sayLetters(letter).toString("base64");
    socket.send({ type: "voice_stream_chunk", audio_data, sequence });
    await lasting(chunkMs);
  }
  const ended = performance.now();
  socket.send({ type: "voice_stream_end" });
  await socket.frame({ type: "voice_final", client_msg_id: id });
  const took = performance.now() - ended;
  await socket.frame({ type: "stream_end", client_msg_id: id });
  return took;
}

/** From the chunk that completes the first sentence to the frame that has its audio, ms. */
async function speak(socket: WireSocket, round: number): Promise<number> {
  const first = `${sentence} ${round}.`;
  const from = socket.frames.length;
  const content = `${first} And a second one that follows. And so on.`;
  socket.send({ type: "message", mode: "voice_assistant", content, client_msg_id: `s${round}` });
  const text = () =>
    socket.frames
      .slice(from)
      .flatMap((frame: AnyFrame) => (frame.type === "stream_chunk" ? [String(frame.content)] : []))
      .join("");
  // The character behind it says that it is whole.
  await socket.until(() => text().length > first.length, "the first sentence");
  const whole = performance.now();
  await socket.until(
    () => socket.frames.slice(from).find(({ type }) => type === "stream_segments"),
    "its audio",
  );
  const took = performance.now() - whole;
  await socket.frame({ type: "stream_end", client_msg_id: `s${round}` });
  return took;
}
