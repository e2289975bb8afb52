import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Codec } from "../../actors/voice/codec/codec.ts";
import { decodeAudio } from "../../actors/voice/codec/decode.ts";
import { wavFile } from "../../actors/voice/codec/wav.ts";
import { durationMs, type Pcm, speechRate } from "../../actors/voice/engines/engine.ts";
import { ESpeak } from "../../actors/voice/engines/espeak.ts";
import { OpenAISpeechToText } from "../../actors/voice/engines/openai-speech-to-text.ts";
import { Engine } from "../../infra/engines/engine.ts";
import { freePort } from "../../infra/engines/free-port.ts";
import { isWhisperInstalled, whisperServer } from "../../infra/engines/whisper.ts";
import { createLogger } from "../../infra/log.ts";
import { limitsSchema } from "../../schemas/limits.ts";
import { charactersOf, distance, wordsOf } from "./error-rate.ts";
import { measureLatencies } from "./latency.ts";
import { chineseRecording, recordings } from "./recordings.ts";

// `make voice-eval`: how well whisper hears people, and, apart from that, the voice that is made here; how long it takes.

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

/** What takes part; `url` is where whisper answers. */
interface Engines {
  url: string;
  whisper: OpenAISpeechToText;
  codec: Codec;
  espeak: ESpeak;
}

/** What was said and heard, and how long the hearing took. */
interface Heard {
  name: string;
  seconds: number;
  ms: number;
  errors: number;
  length: number;
  text: string;
}

/** Something to hear, and how its text is cut into what is compared. */
interface Sample {
  name: string;
  pcm: Pcm;
  text: string;
  split: (text: string) => string[];
  language?: string;
}

async function hear({ whisper }: Engines, { name, pcm, text, split, language }: Sample): Promise<Heard> {
  const startedAt = performance.now();
  const heard = await whisper.transcribe(pcm, { language, signal: never() });
  const ms = performance.now() - startedAt;
  const said = split(text);
  const errors = distance(said, split(heard.text));
  return { name, seconds: durationMs(pcm) / 1000, ms, errors, length: said.length, text: heard.text };
}

async function spoken({ espeak, codec }: Engines, text: string): Promise<Pcm> {
  const { pcm, sampleRate } = await espeak.synthesize({ text, signal: never() });
  return decodeAudio(codec, wavFile(pcm, sampleRate), limits, { signal: never() });
}

async function table(engines: Engines, title: string, samples: readonly Sample[]): Promise<number> {
  say(`\n${title}`);
  let [errors, length, seconds] = [0, 0, 0];
  for (const sample of samples) {
    const heard = await hear(engines, sample);
    errors += heard.errors;
    length += heard.length;
    seconds += heard.seconds;
    const figures = `${heard.seconds.toFixed(1).padStart(5)} s ${String(Math.round(heard.ms)).padStart(6)} ms`;
    const wrong = heard.errors > 0 ? `: ${heard.text.slice(0, 300)}` : "";
    say(
      `  ${heard.name.slice(0, 24).padEnd(24)} ${figures} ${heard.errors} of ${heard.length} wrong${wrong}`,
    );
  }
  say(`  ${(errors / length).toFixed(3)} over ${seconds.toFixed(1)} s`);
  return errors / length;
}

/** The word error rate of people's English; the others are printed. */
async function errorRates(engines: Engines, people: readonly Sample[]): Promise<number> {
  const rate = await table(engines, "People, English: word error rate", people);
  const { name, text, file } = await chineseRecording(say);
  const pcm = await decodeAudio(engines.codec, file, limits, { signal: never() });
  const chinesePerson = { name, text, pcm, split: charactersOf, language: "zh" };
  await table(engines, "A person, Chinese: character error rate", [chinesePerson]);
  const made = (texts: readonly string[], split: Sample["split"], language: string) =>
    Promise.all(
      texts.map(async (text) => ({ name: text, text, split, language, pcm: await spoken(engines, text) })),
    );
  await table(
    engines,
    "espeak-ng to whisper, English: word error rate (says only that the parts fit)",
    await made(english, wordsOf, "en"),
  );
  await table(
    engines,
    "espeak-ng to whisper, Chinese: character error rate (says only that the parts fit)",
    await made(chinese, charactersOf, "zh"),
  );
  return rate;
}

async function latencies(engines: Engines, person: Pcm): Promise<void> {
  const both = (times: readonly number[]) =>
    `${Math.round(times[times.length >> 1] ?? 0)}, ${Math.round(times.at(-1) ?? 0)}`;
  say(`\nFrom the end of speech to its text, the recognizer alone, ms (median and worst of ${rounds})`);
  for (const seconds of [2, 5, 10]) {
    const pcm = person.subarray(0, seconds * speechRate);
    const times: number[] = [];
    for (let round = 0; round < rounds; round++)
      times.push((await hear(engines, { name: "", pcm, text: "", split: wordsOf, language: "en" })).ms);
    say(`  ${String(seconds).padStart(2)} s spoken: ${both(times.toSorted((a, b) => a - b))}`);
  }
  const sentence = await spoken(engines, english[0] ?? "");
  const { final, firstAudio } = await measureLatencies(engines.url, sentence);
  say("\nOver /ws/chat with the local engines, ms (median and worst of 5)");
  say(
    `  from the end of ${(durationMs(sentence) / 1000).toFixed(1)} s of speech to voice_final: ${both(final)}`,
  );
  say(`  from the end of a reply's first sentence to its audio: ${both(firstAudio)}`);
}

async function evaluate(engines: Engines): Promise<boolean> {
  const people: Sample[] = [];
  for (const { name, file, text } of await recordings(say)) {
    const pcm = await decodeAudio(engines.codec, file, limits, { signal: never() });
    people.push({ name, pcm, text, split: wordsOf });
  }
  const rate = await errorRates(engines, people);
  await latencies(engines, people[0]?.pcm ?? new Int16Array());
  const passed = rate <= target;
  say(`\n${passed ? "passed" : "FAILED"}: word error rate ${rate.toFixed(3)}, at most ${target}`);
  return passed;
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
  const url = `http://127.0.0.1:${port}/v1`;
  const endpoint = { id: "whisper", model: "whisper-base", baseUrl: url, apiKey: undefined, params: {} };
  const whisper = new OpenAISpeechToText(endpoint, limits, { embedded: true });
  process.exitCode = (await evaluate({ url, whisper, codec, espeak })) ? 0 : 1;
} finally {
  espeak.stop();
  codec.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
