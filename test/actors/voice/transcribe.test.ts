import test from "ava";
import OpenAI, { type APIError, toFile } from "openai";
import { samplesOf } from "../../../actors/voice/codec/wav.ts";
import { anyWav } from "../../_kit/fakes/audio-files.ts";
import { sayLetters, wavOf } from "../../_kit/fakes/upstream-audio.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

let api: Api;
let client: OpenAI;
const user = "hears_voice";
const admin = { user: "admin" };
const root = "/api/v1/admin/models";

test.before(async () => {
  const env = { LIMIT_VOICE_UPLOAD_BYTES: String(1024 * 1024), LIMIT_VOICE_AUDIO_MS: "20000" };
  api = await Api.start({ actorCommand: rolesCommand("account", "admin", "session", "voice"), env });
  client = new OpenAI({ baseURL: `${api.system.url()}/v1`, apiKey: mintToken(user), maxRetries: 0 });
  const base_url = `http://127.0.0.1:${api.system.upstream.port}/v1`;
  await set("providers/up", { base_url, api_key: "sk" });
  await set("models/broken-ear", { provider: "up", name: "500", enabled: true });
  await set("models/ear", { provider: "up", name: "hear", enabled: true });
  await set("models/broken-mouth", { provider: "up", name: "500", enabled: true });
  await route("stt", ["ear"]);
});
test.after.always(() => api?.stop());

async function set(path: string, body: object): Promise<void> {
  const { status, text } = await api.call("POST", `${root}/${path}`, admin, body);
  if (status !== 200) throw new Error(`${path}: ${text}`);
}

/** Sets a chain and waits until the voice actor knows it. */
async function route(purpose: "stt" | "tts", fallback_chain: string[]): Promise<void> {
  await set(`routing/${purpose}`, { purpose, fallback_chain, required: true });
  await eventually(
    async () => {
      const { body } = await api.call("GET", "/api/v1/voice/status", admin);
      return (body as Record<string, { engine?: string }>)[purpose]?.engine === fallback_chain[0];
    },
    10_000,
    `${purpose} goes to ${fallback_chain[0]}`,
  );
}

/** Uploads a recording as a browser does. */
async function transcribe(
  bytes: Uint8Array,
  type: string,
  filename = "blob",
  fields: Record<string, string> = {},
) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set("audio", new Blob([new Uint8Array(bytes)], { type }), filename);
  const response = await fetch(`${api.system.url()}/api/v1/voice/transcribe`, {
    method: "POST",
    headers: { authorization: `Bearer ${mintToken(user)}` },
    body: form,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test.serial("a recording is heard, whatever it calls itself", async (t) => {
  const wav = wavOf(sayLetters("abc"), 16_000);
  for (const [bytes, type, name] of [
    [wav, "audio/wav", "a.wav"],
    [wav, "audio/mpeg", "a.mp3"],
    [wav, "application/octet-stream", "blob"],
    [sayLetters("abc"), "audio/pcm", "blob"],
    [sayLetters("abc"), "", "a.pcm"],
  ] as const) {
    t.deepEqual(await transcribe(bytes, type, name), { status: 200, body: { success: true, text: "abc" } });
  }
  const stereo = anyWav(samplesOf(sayLetters("cab")), 16_000, { channels: 2 });
  const heard = await transcribe(stereo, "audio/wav", "a.wav", { language: "en-US" });
  t.deepEqual(heard.body, { success: true, text: "cab" });
});

test.serial("what can't be heard is refused, and says why", async (t) => {
  const noise = await transcribe(Buffer.from("no recording ".repeat(100)), "audio/webm");
  t.is(noise.status, 400);
  t.like(noise.body, {
    success: false,
    errorType: "invalid_request",
    error: "语音识别失败: 无法识别的音频格式",
  });
  const long = await transcribe(Buffer.alloc(21 * 32_000), "audio/pcm");
  t.is(long.status, 400);
  t.regex(long.body.error as string, /过长/);
  const large = await transcribe(Buffer.alloc(1024 * 1024 + 1), "audio/pcm");
  t.is(large.status, 400);
  t.is(large.body.errorType, "file_too_large");
  const form = new FormData();
  form.set("other", new Blob([wavOf(sayLetters("a"), 16_000)]), "a.wav");
  const response = await fetch(`${api.system.url()}/api/v1/voice/transcribe`, {
    method: "POST",
    headers: { authorization: `Bearer ${mintToken(user)}` },
    body: form,
  });
  t.is(response.status, 400);
  t.regex(((await response.json()) as { error: string }).error, /audio/);
});

test.serial("OpenAI's package gets a transcript in the form it asks for", async (t) => {
  const file = () => toFile(wavOf(sayLetters("hello"), 16_000), "speech.wav");
  const create = async (response_format?: "json" | "text" | "srt" | "vtt" | "verbose_json") =>
    (await client.audio.transcriptions.create({
      model: "whisper-1",
      file: await file(),
      ...(response_format && { response_format }),
    })) as unknown;
  t.deepEqual(await create(), { text: "hello" });
  t.is(await create("text"), "hello\n");
  t.is(await create("srt"), "1\n00:00:00,000 --> 00:00:00,500\nhello\n");
  t.is(await create("vtt"), "WEBVTT\n\n00:00:00.000 --> 00:00:00.500\nhello\n");
  t.like(await create("verbose_json"), { task: "transcribe", duration: 0.5, text: "hello" });
  const unknown = await client.audio.transcriptions
    .create({ model: "no-such-ear", file: await file() })
    .catch((error: unknown) => error as APIError);
  t.is((unknown as APIError).code, "model_not_found");
  const noise = await client.audio.transcriptions
    .create({ model: "ear", file: await toFile(Buffer.from("noise"), "a.mp3") })
    .catch((error: unknown) => error as APIError);
  t.is((noise as APIError).status, 400);
});

test.serial("OpenAI's package gets speech in the form it asks for", async (t) => {
  const heads = { wav: "RIFF", flac: "fLaC", opus: "OggS" } as const;
  for (const [response_format, head] of Object.entries(heads)) {
    const spoken = await client.audio.speech.create({
      model: "tts-1",
      voice: "alloy",
      input: "Hello.",
      response_format: response_format as keyof typeof heads,
    });
    t.is(Buffer.from(await spoken.arrayBuffer()).toString("latin1", 0, 4), head);
  }
  const pcm = await client.audio.speech.create({
    model: "gpt-4o-mini-tts",
    voice: "nova",
    input: "Hello.",
    response_format: "pcm",
  });
  t.true((await pcm.arrayBuffer()).byteLength > 10_000);
});

test.serial("an engine that fails is followed by the next, and the local voice is the last", async (t) => {
  await route("stt", ["broken-ear", "ear"]);
  const heard = await transcribe(wavOf(sayLetters("ok"), 16_000), "audio/wav");
  t.deepEqual(heard.body, { success: true, text: "ok" });
  const logged = ({ fields }: { fields: Record<string, unknown> }) =>
    fields.msg === "voice engine failed" && fields.engine === "broken-ear";
  t.true(api.system.actor(0).log.some(logged), "and that is logged");
  await route("tts", ["broken-mouth"]);
  const spoken = await api.call("POST", "/api/v1/voice/tts", { user }, { text: "Still here." });
  t.is(spoken.status, 200);
  t.is(spoken.headers.get("content-type"), "audio/mpeg");
});

test.serial("without any engine that works the answer is 502", async (t) => {
  await route("stt", ["broken-ear"]).catch(() => undefined);
  const { status, body } = await transcribe(wavOf(sayLetters("no"), 16_000), "audio/wav");
  t.is(status, 502);
  t.is(body.errorType, "voice_service_unreachable");
});

test.serial("without a voice actor the answer is 502 at once", async (t) => {
  await api.system.actor(0).destroy();
  const startedAt = performance.now();
  const spoken = await api.call("POST", "/api/v1/voice/tts", { user }, { text: "Anyone?" });
  t.is(spoken.status, 502);
  t.is(spoken.body.errorType, "voice_service_unreachable");
  t.is((await transcribe(wavOf(sayLetters("no"), 16_000), "audio/wav")).status, 502);
  t.is((await api.call("GET", "/api/v1/voice/status", { user })).status, 502);
  t.true(performance.now() - startedAt < 5_000);
});
