import { Objm } from "@nats-io/obj";
import test from "ava";
import type { NatsConnection } from "nats";
import { Codec } from "../../../actors/voice/codec/codec.ts";
import { decodeAudio } from "../../../actors/voice/codec/decode.ts";
import { durationMs } from "../../../actors/voice/engines/engine.ts";
import { VoiceEngines } from "../../../actors/voice/engines/engines.ts";
import { SpeechCache } from "../../../actors/voice/speech-cache.ts";
import { createLogger } from "../../../infra/log.ts";
import { connectNats } from "../../../infra/nats/connect.ts";
import { limitsSchema } from "../../../schemas/limits.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";

const limits = limitsSchema.parse({});
const log = createLogger("test", { logLevel: "silent" });
const codec = new Codec(limits);
const stops: (() => unknown)[] = [];
let api: Api;
let nc: NatsConnection;
let speech: SpeechCache;

test.before(async () => {
  api = await Api.start({ actorCommand: rolesCommand("account", "voice") });
  nc = await connectNats({ url: api.system.engines.natsUrl, name: "test", log, connectMs: 10_000 });
  // So small that it is soon full.
  await new Objm(nc).create("speech", { max_bytes: 700_000 });
  const settings = { limits, dataDir: "/nonexistent" };
  const lifecycle = { onStop: (_: string, stop: () => unknown) => stops.push(stop) };
  const models = { endpoints: () => [] };
  const parts = { settings, lifecycle, models, log } as unknown as ConstructorParameters<
    typeof VoiceEngines
  >[0];
  const secrets = {
    jwtSecret: "s".repeat(32),
    encryptionKey: Buffer.alloc(32),
    adminPassword: "",
    generated: [],
  };
  speech = new SpeechCache({ nc, log, secrets }, new VoiceEngines(parts, codec), codec);
});
test.after.always(async () => {
  for (const stop of stops) stop();
  codec.stop();
  await nc?.close();
  await api?.stop();
});

const signal = () => new AbortController().signal;
const listen = (url: string, headers: Record<string, string> = {}) =>
  fetch(`${api.system.url()}${url}`, { headers });

test.serial("who was given the address can listen, to a part too", async (t) => {
  const { url, bytes, duration_ms } = await speech.speak({ text: "Listen to me.", format: "mp3" }, signal());
  const whole = await listen(url);
  t.is(whole.status, 200);
  t.is(whole.headers.get("content-type"), "audio/mpeg");
  t.regex(whole.headers.get("cache-control") ?? "", /immutable/);
  const file = Buffer.from(await whole.arrayBuffer());
  t.is(file.length, bytes);
  t.true(duration_ms > 300 && duration_ms < 5_000);
  const part = await listen(url, { range: "bytes=100-199" });
  t.is(part.status, 206);
  t.deepEqual(Buffer.from(await part.arrayBuffer()), file.subarray(100, 200));
});

test.serial(
  "the same text is spoken once, whoever asks meanwhile; another way of speaking is another file",
  async (t) => {
    const wish = { text: "Only once.", format: "mp3" } as const;
    const leaving = new AbortController();
    const left = t.throwsAsync(speech.speak(wish, leaving.signal));
    const [one, two] = await Promise.all([
      speech.speak(wish, signal()),
      speech.speak(wish, signal()),
      left,
      Promise.resolve().then(() => leaving.abort(new Error("gone"))),
    ]);
    t.deepEqual(one, two);
    t.not((await speech.speak({ ...wish, speed: 2 }, signal())).key, one.key);
    t.not((await speech.speak({ ...wish, voice: "en-gb" }, signal())).key, one.key);
    t.regex(one.key, /^[\w-]{43}\.mp3$/);
  },
);

test.serial("sentences become one recording of their length together", async (t) => {
  const first = await speech.speak({ text: "The first sentence.", format: "mp3" }, signal());
  const second = await speech.speak({ text: "And then the second one.", format: "mp3" }, signal());
  const both = await speech.join([first, second]);
  t.is(both.duration_ms, first.duration_ms + second.duration_ms);
  t.is(both.bytes, first.bytes + second.bytes);
  t.deepEqual(await speech.join([first, second]), both);
  const file = new Uint8Array(await (await listen(both.url)).arrayBuffer());
  const pcm = await decodeAudio(codec, file, limits, { signal: signal() });
  t.true(Math.abs(durationMs(pcm) - both.duration_ms) < 300, `${durationMs(pcm)} of ${both.duration_ms}`);
});

test.serial("when it is full the oldest make room", async (t) => {
  const text = "This is a rather long sentence that fills the store with its many samples, again and again.";
  const first = await speech.speak({ text, format: "wav" }, signal());
  t.true(first.bytes > 150_000);
  for (const speed of [1.05, 1.1, 1.15]) await speech.speak({ text, speed, format: "wav" }, signal());
  const last = await speech.speak({ text, speed: 1.2, format: "wav" }, signal());
  t.is((await listen(last.url)).status, 200);
  t.is((await listen(first.url)).status, 404);
});
