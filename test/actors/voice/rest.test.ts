import test from "ava";
import { Api } from "../../_kit/worlds/api.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

let api: Api;
const user = "rest_voice";
const caller = { user };

test.before(async () => {
  api = await Api.start({ actorCommand: rolesCommand("account", "session", "voice") });
});
test.after.always(() => api?.stop());

/** Speaks by the REST API; answers the response and its bytes. */
async function speak(body: object): Promise<{ response: Response; bytes: Buffer }> {
  const response = await fetch(`${api.system.url()}/api/v1/voice/tts`, {
    method: "POST",
    headers: { authorization: `Bearer ${mintToken(user)}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
}

test("a text is spoken as WAV or MP3, faster where that is asked for", async (t) => {
  const wav = await speak({ text: "Good morning, everybody.", format: "wav" });
  t.is(wav.response.status, 200);
  t.is(wav.response.headers.get("content-type"), "audio/wav");
  t.is(wav.bytes.toString("latin1", 0, 4), "RIFF");
  const fast = await speak({ text: "Good morning, everybody.", format: "wav", speed: 2 });
  t.true(fast.bytes.length < wav.bytes.length * 0.75, `${fast.bytes.length} of ${wav.bytes.length}`);
  const mp3 = await speak({ text: "Good morning, everybody." });
  t.is(mp3.response.headers.get("content-type"), "audio/mpeg");
  t.is(mp3.bytes.readUInt16BE(0) & 0xffe0, 0xffe0);
  t.true(mp3.bytes.length < wav.bytes.length / 2);
});

test("the same text gives the same file, a part of it where a part is asked for", async (t) => {
  const first = await speak({ text: "你好，世界。" });
  const second = await speak({ text: "你好，世界。" });
  t.deepEqual(second.bytes, first.bytes);
});

test("voices are listed, chosen, and refused when unknown", async (t) => {
  const { status, body } = await api.call("GET", "/api/v1/voice/tts/voices", caller);
  t.is(status, 200);
  const voices = (body as unknown as { voices: { id: string; name: string; language: string }[] }).voices;
  t.true(voices.some(({ id }) => id === "cmn") && voices.some(({ id }) => id === "en-us"));
  const british = await speak({ text: "Tomato.", voice: "en-gb", format: "wav" });
  const american = await speak({ text: "Tomato.", voice: "en-us", format: "wav" });
  t.deepEqual([british.response.status, american.response.status], [200, 200]);
  t.notDeepEqual(british.bytes, american.bytes);
  const unknown = await api.call("POST", "/api/v1/voice/tts", caller, { text: "Tomato.", voice: "nobody" });
  t.is(unknown.status, 400);
  t.regex(unknown.body.error as string, /voice/);
});

for (const [field, body] of [
  ["text", { text: " " }],
  ["text", {}],
  ["text", { text: "x".repeat(4_097) }],
  ["speed must be at most 4", { text: "a", speed: 9 }],
  ["speed must be a number", { text: "a", speed: "fast" }],
  ["format", { text: "a", format: "aac" }],
] as const) {
  test(`bad ${field} is named: ${JSON.stringify(body).slice(0, 40)}`, async (t) => {
    const { status, body: error } = await api.call("POST", "/api/v1/voice/tts", caller, body);
    t.is(status, 400);
    t.is(error.errorType, "invalid_request");
    t.regex(error.error as string, new RegExp(field));
  });
}

test("the status says that speech is spoken, and not heard without an engine", async (t) => {
  const tts = { available: true, engine: "espeak-ng" };
  t.deepEqual((await api.call("GET", "/api/v1/voice/tts/status", caller)).body as unknown, tts);
  t.deepEqual((await api.call("GET", "/api/v1/voice/status", caller)).body as unknown, {
    stt: { available: false, engine: null },
    tts,
  });
});

test("without an engine a recording is refused with 502", async (t) => {
  const form = new FormData();
  form.set("audio", new Blob([Buffer.alloc(3_200)], { type: "audio/pcm" }), "a.pcm");
  const response = await fetch(`${api.system.url()}/api/v1/voice/transcribe`, {
    method: "POST",
    headers: { authorization: `Bearer ${mintToken(user)}` },
    body: form,
  });
  t.is(response.status, 502);
  t.deepEqual(await response.json(), {
    error: "Voice-Service 不可达: 没有可用的语音引擎",
    errorType: "voice_service_unreachable",
  });
});

test("a form without a recording is told that one must be there", async (t) => {
  for (const audio of [undefined, "words"]) {
    const form = new FormData();
    if (audio !== undefined) form.set("audio", audio);
    form.set("language", "en");
    const response = await fetch(`${api.system.url()}/api/v1/voice/transcribe`, {
      method: "POST",
      headers: { authorization: `Bearer ${mintToken(user)}` },
      body: form,
    });
    t.is(response.status, 400);
    t.like(await response.json(), {
      error: "请求参数错误: audio must be a file",
      errorType: "invalid_request",
    });
  }
});

test("an unknown key of a spoken text is not found, a malformed one is refused", async (t) => {
  t.is((await api.call("GET", `/api/v1/voice/audio/${"a".repeat(43)}.mp3`, null)).status, 404);
  t.is((await api.call("GET", "/api/v1/voice/audio/x.exe", null)).status, 400);
});
