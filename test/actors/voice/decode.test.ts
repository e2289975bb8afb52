import { readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { Codec } from "../../../actors/voice/codec/codec.ts";
import { decodeAudio } from "../../../actors/voice/codec/decode.ts";
import { encodeAudio } from "../../../actors/voice/codec/encode.ts";
import { bytesOf, readPlainWav, wavFile } from "../../../actors/voice/codec/wav.ts";
import { speechRate } from "../../../actors/voice/engines/engine.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { anyWav, frequencyOf, tone, webmFile } from "../../_kit/fakes/audio-files.ts";
import { checkout } from "../../_kit/judge/sources.ts";

const codec = new Codec({ voiceDecodeMs: 30_000, voiceCodecs: 2, voiceQueue: 64 });
const limits = { voiceAudioMs: 10_000 };
const signal = () => new AbortController().signal;
const seconds = 2;

test.after.always(() => codec.stop());

const files: Record<string, () => Promise<Uint8Array> | Uint8Array> = {
  "WAV, 16 kHz": () => wavFile(tone(seconds, 16_000), 16_000),
  "WAV, 44.1 kHz stereo": () => anyWav(tone(seconds, 44_100), 44_100, { channels: 2 }),
  "WAV, 8 kHz, 8 bit": () => anyWav(tone(seconds, 8_000), 8_000, { bits: 8 }),
  "WAV, 48 kHz, 24 bit": () => anyWav(tone(seconds, 48_000), 48_000, { bits: 24 }),
  MP3: () => encodeAudio(codec, { pcm: tone(seconds, 24_000), sampleRate: 24_000 }, "mp3", signal()),
  "Ogg Opus": () => encodeAudio(codec, { pcm: tone(seconds, 22_050), sampleRate: 22_050 }, "opus", signal()),
  FLAC: () => encodeAudio(codec, { pcm: tone(seconds, 22_050), sampleRate: 22_050 }, "flac", signal()),
  WebM: () => webmFile(tone(seconds, 48_000)),
};
for (const [name, make] of Object.entries(files)) {
  test(`${name} becomes 16 kHz mono`, async (t) => {
    const pcm = await decodeAudio(codec, await make(), limits, { signal: signal() });
    const length = pcm.length / speechRate;
    t.true(Math.abs(length - seconds) < 0.15, `${length} s`);
    const middle = pcm.subarray(speechRate / 2, speechRate * 1.5);
    t.true(Math.abs(frequencyOf(middle, speechRate) - 440) < 5, `${frequencyOf(middle, speechRate)} Hz`);
    t.true(Math.max(...middle) > 8_000, "as loud as before");
  });
}

test("bare samples are taken as they are, a file is a file even where they are due", async (t) => {
  const pcm = tone(1, speechRate);
  const bare = await decodeAudio(codec, bytesOf(pcm), limits, { bare: true, signal: signal() });
  t.deepEqual(bare, pcm);
  const file = await decodeAudio(codec, wavFile(pcm, speechRate), limits, { bare: true, signal: signal() });
  t.deepEqual(file, pcm);
});

test("a recording that was cut off is heard up to there", async (t) => {
  const webm = await webmFile(tone(4, 48_000));
  const cut = webm.subarray(0, Math.floor(webm.length * 0.6));
  const pcm = await decodeAudio(codec, cut, limits, { signal: signal() });
  t.true(pcm.length > speechRate && pcm.length < 4 * speechRate, `${pcm.length / speechRate} s`);
  const wav = wavFile(tone(2, speechRate), speechRate).subarray(0, 44 + speechRate);
  t.is((await decodeAudio(codec, wav, limits, { signal: signal() })).length, speechRate / 2);
});

for (const [name, bytes] of [
  ["a text", Buffer.from("this is no recording ".repeat(500))],
  ["a picture", Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(2_000, 7)])],
  ["nothing", Buffer.alloc(0)],
  ["a WAV head alone", Buffer.from("RIFF\x24\0\0\0WAVE", "latin1")],
  ["noise that begins like Ogg", Buffer.concat([Buffer.from("OggS"), Buffer.alloc(5_000, 0xa5)])],
  ["noise that begins like WebM", Buffer.concat([Buffer.from("1a45dfa3", "hex"), Buffer.alloc(5_000, 0x81)])],
] as const) {
  test(`${name} is refused with a reason`, async (t) => {
    const error = await t.throwsAsync(decodeAudio(codec, bytes, limits, { signal: signal() }), {
      instanceOf: ParleyError,
    });
    t.like(error?.body, { success: false, errorType: "invalid_request" });
    t.regex(error?.message ?? "", /^语音识别失败: /);
  });
}

test("a recording that is too long is refused, whatever it is packed in", async (t) => {
  const short = { voiceAudioMs: 1_000 };
  for (const bytes of [
    wavFile(tone(2, speechRate), speechRate),
    await encodeAudio(codec, { pcm: tone(2, 24_000), sampleRate: 24_000 }, "flac", signal()),
  ])
    await t.throwsAsync(decodeAudio(codec, bytes, short, { signal: signal() }), { message: /过长/ });
});

test("half an hour in a small file are refused before they fill the memory", async (t) => {
  const silence = { pcm: new Int16Array(1_800 * 8_000), sampleRate: 8_000 };
  const flac = await encodeAudio(codec, silence, "flac", signal());
  t.true(flac.length < 500_000, `${flac.length} bytes`);
  const before = process.memoryUsage().rss;
  await t.throwsAsync(decodeAudio(codec, flac, limits, { signal: signal() }), { message: /过长/ });
  t.true(process.memoryUsage().rss - before < 200_000_000);
});

test("decoding ends with its time, or with who waits for it", async (t) => {
  const hurried = new Codec({ voiceDecodeMs: 1, voiceCodecs: 2, voiceQueue: 64 });
  t.teardown(() => hurried.stop());
  const bytes = await webmFile(tone(4, 48_000));
  await t.throwsAsync(decodeAudio(hurried, bytes, limits, { signal: signal() }), { message: /超时/ });
  const reason = new Error("gone");
  const leaving = new AbortController();
  const left = decodeAudio(codec, bytes, limits, { signal: leaving.signal });
  leaving.abort(reason);
  t.is(await t.throwsAsync(left), reason);
  t.true(
    (await decodeAudio(codec, bytes, limits, { signal: signal() })).length > speechRate,
    "the next is served",
  );
});

test("more files than places wait for one another, and too many are refused", async (t) => {
  const small = new Codec({ voiceDecodeMs: 30_000, voiceCodecs: 1, voiceQueue: 2 });
  t.teardown(() => small.stop());
  const bytes = anyWav(tone(1, 8_000), 8_000);
  const heard = () => decodeAudio(small, bytes, limits, { signal: signal() });
  const all = await Promise.allSettled([heard(), heard(), heard(), heard()]);
  t.deepEqual(
    all.map(({ status }) => status),
    ["fulfilled", "fulfilled", "fulfilled", "rejected"],
  );
  t.is((all[3] as PromiseRejectedResult).reason.errorType, "service_unavailable");
  t.true((await heard()).length > 0);
});

test("a WAV file that claims more than it has is read to its end", (t) => {
  const wav = Buffer.from(wavFile(tone(1, 24_000), 24_000));
  wav.writeUInt32LE(0xffffffff, 40);
  t.is(readPlainWav(wav)?.pcm.length, 24_000);
});

test("spoken files can be joined as they are", async (t) => {
  const encoded = (length: number) =>
    encodeAudio(codec, { pcm: tone(length, 22_050), sampleRate: 22_050 }, "mp3", signal());
  const joined = Buffer.concat([await encoded(1), await encoded(2)]);
  const pcm = await decodeAudio(codec, joined, limits, { signal: signal() });
  t.true(Math.abs(pcm.length / speechRate - 3) < 0.3, `${pcm.length / speechRate} s`);
});

for (const name of [
  "aac.m4a",
  "aac-fragments.mp4",
  "aac.aac",
  "opus.mp4",
  "amr-nb.amr",
  "a-law.wav",
  "mu-law.wav",
  "ima-adpcm.wav",
  "ms-adpcm.wav",
])
  test(`${name}, as phones and old devices record, becomes 16 kHz mono`, async (t) => {
    const bytes = readFileSync(join(checkout, "test/_kit/recordings", name));
    await hearsTone(t, await decodeAudio(codec, bytes, limits, { signal: signal() }));
  });

test("WAV of 32 and 64 bit, and one whose sizes were never filled in, is heard whole", async (t) => {
  const samples = tone(1, 16_000);
  const floats = Buffer.alloc(samples.length * 8);
  for (const [i, sample] of samples.entries()) floats.writeDoubleLE(sample / 32_768, i * 8);
  const integers = Buffer.alloc(samples.length * 4);
  for (const [i, sample] of samples.entries()) integers.writeInt32LE(sample * 65_536, i * 4);
  const sixteen = Buffer.from(bytesOf(samples));
  const files = [
    wavOf(3, 64, floats),
    wavOf(1, 32, integers),
    wavOf(1, 16, sixteen, 0),
    wavOf(1, 16, sixteen, 0, 8_000),
  ];
  for (const file of files) await hearsTone(t, await decodeAudio(codec, file, limits, { signal: signal() }));
});

async function hearsTone(t: ExecutionContext, pcm: Int16Array): Promise<void> {
  t.true(pcm.length > speechRate / 2, `${pcm.length / speechRate} s`);
  const frequency = frequencyOf(pcm.subarray(2_000, pcm.length - 2_000), speechRate);
  t.true(
    [220, 440].some((wanted) => Math.abs(frequency - wanted) < 5),
    `${frequency} Hz`,
  );
}

/** A WAV file of this codec; `size` stands in its headers in place of the true one. */
function wavOf(format: number, bits: number, data: Buffer, size = data.length, rate = 16_000): Buffer {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(size === 0 ? 0 : 36 + size, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(format, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE((rate * bits) / 8, 28);
  head.writeUInt16LE(bits / 8, 32);
  head.writeUInt16LE(bits, 34);
  head.write("data", 36);
  head.writeUInt32LE(size, 40);
  return Buffer.concat([head, data]);
}
