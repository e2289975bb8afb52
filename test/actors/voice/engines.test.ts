import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { Codec } from "../../../actors/voice/codec/codec.ts";
import { decodeAudio } from "../../../actors/voice/codec/decode.ts";
import { samplesOf, wavFile } from "../../../actors/voice/codec/wav.ts";
import { ESpeak } from "../../../actors/voice/engines/espeak.ts";
import { OpenAISpeechToText } from "../../../actors/voice/engines/openai-speech-to-text.ts";
import { OpenAITextToSpeech } from "../../../actors/voice/engines/openai-text-to-speech.ts";
import { Engine } from "../../../infra/engines/engine.ts";
import { freePort } from "../../../infra/engines/free-port.ts";
import { isWhisperInstalled, whisperServer } from "../../../infra/engines/whisper.ts";
import { createLogger } from "../../../infra/log.ts";
import { limitsSchema } from "../../../schemas/limits.ts";
import { hears, speaks } from "../../_kit/fakes/speech-conformance.ts";
import { sayLetters } from "../../_kit/fakes/upstream-audio.ts";
import { Service } from "../../_kit/worlds/service.ts";

const limits = limitsSchema.parse({});
const log = createLogger("test", { logLevel: "silent" });
const codec = new Codec(limits);
const espeak = new ESpeak(log, limits);
const folder = mkdtempSync(join(tmpdir(), "parley-voice-"));
const upstream = new Service({
  name: "upstream",
  command: [fileURLToPath(new URL("../../_kit/fakes/upstream.js", import.meta.url)), "--port", "0"],
  env: {},
  cwd: folder,
});

test.before(() => upstream.start());
test.after.always(async () => {
  espeak.stop();
  codec.stop();
  await upstream.destroy();
  rmSync(folder, { recursive: true, force: true });
});

const endpoint = (id: string, port: number) => ({
  id,
  model: id,
  baseUrl: `http://127.0.0.1:${port}/v1`,
  apiKey: "sk-test",
  params: {},
});

test("an OpenAI-compatible provider hears", async (t) => {
  const engine = new OpenAISpeechToText(endpoint("hear", upstream.port), limits);
  await hears(t, engine, { pcm: samplesOf(sayLetters("hello")), heard: /^hello$/ });
});

test("an OpenAI-compatible provider speaks", async (t) => {
  await speaks(t, new OpenAITextToSpeech(endpoint("say", upstream.port), limits, codec));
});

test("espeak-ng speaks", async (t) => {
  await speaks(t, espeak);
});

test("espeak-ng speaks again after its process was killed", async (t) => {
  const own = new ESpeak(log, limits);
  t.teardown(() => own.stop());
  await own.voices();
  own.stop();
  const signal = new AbortController().signal;
  const attempt = () => own.synthesize({ text: "Once more.", signal });
  const { pcm } = await attempt().catch(attempt);
  t.true(pcm.length > 0);
});

if (isWhisperInstalled()) {
  test("whisper hears", async (t) => {
    const port = await freePort(0);
    const server = await Engine.start(whisperServer(folder, port), log);
    t.teardown(() => server.stop());
    const engine = new OpenAISpeechToText(endpoint("whisper", port), limits, { embedded: true });
    const text = "The quick brown fox jumps over the lazy dog.";
    const { pcm, sampleRate } = await espeak.synthesize({ text, signal: new AbortController().signal });
    const heard = await decodeAudio(codec, wavFile(pcm, sampleRate), limits, {
      signal: new AbortController().signal,
    });
    await hears(t, engine, { pcm: heard, heard: /brown fox/i });
  });
} else {
  test.skip('whisper hears: not installed, "make voice" installs it', () => undefined);
}
