import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Codec } from "../../actors/voice/codec.ts";
import { decodeAudio } from "../../actors/voice/decode.ts";
import { durationMs, type Pcm } from "../../actors/voice/engine.ts";
import { ESpeak } from "../../actors/voice/espeak.ts";
import { OpenAIListening } from "../../actors/voice/openai-listening.ts";
import { wavFile } from "../../actors/voice/wav.ts";
import { Engine } from "../../infra/engines/engine.ts";
import { freePort } from "../../infra/engines/free-port.ts";
import { isWhisperInstalled, whisperServer } from "../../infra/engines/whisper.ts";
import { createLogger } from "../../infra/log.ts";
import { limitsSchema } from "../../schemas/limits.ts";
import { charactersOf, distance, wordsOf } from "./error-rate.ts";
import { recordings } from "./recordings.ts";

const target = 0.15;
const rounds = 5;
const english = [
  "Please turn on the lights in the living room and close the window.",
  "The meeting tomorrow begins at half past nine, and it will take about two hours.",
  "I would like to book a table for four people on Saturday evening.",
];
const chinese = ["今天天气很好，我们去公园散步吧。", "请把客厅的灯打开。", "明天上午九点有一个重要的会议。"];

const say = (line: string) => process.stdout.write(`${line}\n`);
const never = () => new AbortController().signal;
const limits = limitsSchema.parse({});

/** What was said and heard, and how long the hearing took. */
interface Heard {
  name: string;
  seconds: number;
  ms: number;
  errors: number;
  length: number;
  text: string;
}

function table(title: string, unit: string, heard: readonly Heard[]): number {
  say(`\n${title}`);
  for (const { name, seconds, ms, errors, length, text } of heard)
    say(
      `  ${name.slice(0, 24).padEnd(24)} ${seconds.toFixed(1).padStart(5)} s ${String(Math.round(ms)).padStart(6)} ms ` +
        `${errors}/${length} ${unit} wrong${errors > 0 ? `: ${text.slice(0, 300)}` : ""}`,
    );
  const rate =
    heard.reduce((sum, one) => sum + one.errors, 0) / heard.reduce((sum, one) => sum + one.length, 0);
  const seconds = heard.reduce((sum, one) => sum + one.seconds, 0);
  say(`  ${rate.toFixed(3)} over ${seconds.toFixed(1)} s`);
  return rate;
}

/** Hears everything once for its errors, and a short utterance often for the time it takes. */
async function evaluate(whisper: OpenAIListening, codec: Codec, espeak: ESpeak): Promise<boolean> {
  const hear = async (
    name: string,
    pcm: Pcm,
    said: string[],
    split: (text: string) => string[],
    language?: string,
  ) => {
    const startedAt = performance.now();
    const { text } = await whisper.transcribe(pcm, { language, signal: never() });
    const ms = performance.now() - startedAt;
    return {
      name,
      seconds: durationMs(pcm) / 1000,
      ms,
      text,
      errors: distance(said, split(text)),
      length: said.length,
    };
  };
  const spoken = async (text: string) => {
    const { pcm, sampleRate } = await espeak.synthesize({ text, signal: never() });
    return decodeAudio(codec, wavFile(pcm, sampleRate), limits, { signal: never() });
  };
  const people: Heard[] = [];
  const pcms: Pcm[] = [];
  for (const { name, file, text } of await recordings(say)) {
    const pcm = await decodeAudio(codec, file, limits, { signal: never() });
    pcms.push(pcm);
    people.push(await hear(name, pcm, wordsOf(text), wordsOf));
  }
  const rate = table("People, English: word error rate", "words", people);
  const made: Heard[] = [];
  for (const text of english) made.push(await hear(text, await spoken(text), wordsOf(text), wordsOf, "en"));
  table("espeak-ng to whisper, English: word error rate (says only that the parts fit)", "words", made);
  const mandarin: Heard[] = [];
  for (const text of chinese)
    mandarin.push(await hear(text, await spoken(text), charactersOf(text), charactersOf, "zh"));
  table(
    "espeak-ng to whisper, Chinese: character error rate (says only that the parts fit)",
    "characters",
    mandarin,
  );
  const [first = new Int16Array()] = pcms;
  say("\nFrom the end of speech to its text, ms (median and worst of 5)");
  for (const seconds of [2, 5, 10]) {
    const part = first.subarray(0, seconds * 16_000);
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push((await hear("", part, [], wordsOf, "en")).ms);
    times.sort((a, b) => a - b);
    say(
      `  ${String(seconds).padStart(2)} s spoken: ${Math.round(times[2] ?? 0)}, ${Math.round(times[4] ?? 0)}`,
    );
  }
  say(`\n${rate <= target ? "passed" : "FAILED"}: word error rate ${rate.toFixed(3)}, at most ${target}`);
  return rate <= target;
}

if (!isWhisperInstalled()) {
  say('speech recognition is not installed: run "make voice" first');
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "parley-voice-eval-"));
const log = createLogger("voice-eval", { logLevel: "warn" });
const port = await freePort(0, []);
const server = await Engine.start(whisperServer(folder, port), log);
const codec = new Codec(limits);
const espeak = new ESpeak(log, limits);
try {
  const endpoint = {
    id: "whisper",
    model: "whisper-base",
    baseUrl: `http://127.0.0.1:${port}/v1`,
    apiKey: undefined,
    params: {},
  };
  const whisper = new OpenAIListening(endpoint, limits, { embedded: true });
  process.exitCode = (await evaluate(whisper, codec, espeak)) ? 0 : 1;
} finally {
  espeak.stop();
  codec.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
