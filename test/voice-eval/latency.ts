import { setTimeout as delay } from "node:timers/promises";
import { bytesOf } from "../../actors/voice/codec/wav.ts";
import { type Pcm, speechRate } from "../../actors/voice/engines/engine.ts";
import { adminUserId } from "../../schemas/principal.ts";
import { WireSocket } from "../_kit/clients/wire-socket.ts";
import { type System, startSystem } from "../_kit/worlds/system.ts";
import { mintToken } from "../_kit/worlds/token.ts";

const rounds = 5;
const chunkMs = 100;
const answerMs = 60_000;

/** Times of some rounds, ms, in ascending order. */
export interface Latencies {
  /** From the end of the first sentence of a reply to the frame with its audio. */
  firstAudio: number[];
  /** From the end of speech to `voice_final`. */
  final: number[];
}

/**
 * What users wait for, over `/ws/chat` with the local voice and the recognizer at `sttUrl`: speech comes as fast as it
 * is spoken. A first round is not counted.
 */
export async function measureLatencies(sttUrl: string, pcm: Pcm): Promise<Latencies> {
  const stops: (() => unknown)[] = [];
  const t = { teardown: (stop: () => unknown) => void stops.push(stop) };
  try {
    const env = { LOG_LEVEL: "warn", OPENAI_MODEL: "slow:40x50", STT_URL: sttUrl };
    const system = await startSystem({ edges: 1, actors: 1, env });
    t.teardown(() => system.stop());
    const times: Latencies = { firstAudio: [], final: [] };
    for (let round = 0; round <= rounds; round++) {
      times.firstAudio.push(await firstAudio(t, system, round));
      times.final.push(await endOfSpeech(t, system, round, pcm));
    }
    const counted = (all: number[]) => all.slice(1).toSorted((a, b) => a - b);
    return { firstAudio: counted(times.firstAudio), final: counted(times.final) };
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

type Teardown = { teardown: (stop: () => unknown) => void };

async function open(t: Teardown, system: System, session: string): Promise<WireSocket> {
  const path = `/ws/chat?token=${mintToken(adminUserId)}&session_id=${session}`;
  const socket = await WireSocket.open(t, system.edge(0).port, path);
  await socket.frame({ type: "connected" });
  return socket;
}

async function firstAudio(t: Teardown, system: System, round: number): Promise<number> {
  const socket = await open(t, system, `speaks${round}`);
  // Never said before, so that nothing is taken from the cache.
  const sentence = `This is sentence number ${round}, and it is as long as most are.`;
  socket.send({
    type: "message",
    mode: "voice_assistant",
    content: `${sentence} ${"And so it goes on. ".repeat(6)}`,
  });
  const text = () =>
    socket.frames
      .filter(({ type }) => type === "stream_chunk")
      .map(({ content }) => String(content))
      .join("");
  await socket.until(() => text().length > sentence.length + 1, "the first sentence", answerMs);
  const saidAt = performance.now();
  await socket.until(
    () => socket.frames.some(({ type }) => type === "stream_segments"),
    "its audio",
    answerMs,
  );
  const heardAt = performance.now();
  await socket.until(() => socket.frames.some(({ type }) => type === "stream_end"), "the end", answerMs);
  await socket.cut();
  return heardAt - saidAt;
}

async function endOfSpeech(t: Teardown, system: System, round: number, pcm: Pcm): Promise<number> {
  const socket = await open(t, system, `hears${round}`);
  socket.send({ type: "voice_stream_start", format: "pcm", language: "en" });
  await socket.frame({ type: "voice_interim", text: "" });
  const samples = (speechRate * chunkMs) / 1000;
  for (let at = 0, sequence = 0; at < pcm.length; at += samples, sequence++) {
    const audio_data = Buffer.from(bytesOf(pcm.slice(at, at + samples))).toString("base64");
    socket.send({ type: "voice_stream_chunk", audio_data, sequence });
    await delay(chunkMs);
  }
  const saidAt = performance.now();
  socket.send({ type: "voice_stream_end" });
  await socket.until(() => socket.frames.some(({ type }) => type === "voice_final"), "voice_final", answerMs);
  const ms = performance.now() - saidAt;
  await socket.until(() => socket.frames.some(({ type }) => type === "stream_end"), "the reply", answerMs);
  await socket.cut();
  return ms;
}
