import { setTimeout as delay } from "node:timers/promises";

// Audio of the scripted provider. Model `<name>:<ms>` delays its response; `hang` never responds, `500`
// fails.

/** Sample rate of generated speech. */
const madeRate = 24_000;
/** Duration of one character, ms. */
export const msPerCharacter = 60;
/** Loudness step and duration of each letter of a recording. */
const step = 1_000;
export const letterMs = 100;

/** A response: a body and its type, or a status. */
export type AudioAnswer = { type: string; body: Uint8Array | string } | { status: number };

/**
 * Speech that it recognises: each letter `a` … `z` is 100 ms at its own loudness, a space is silence. 16 kHz
 * samples.
 */
export function sayLetters(text: string): Buffer {
  const samples = (16_000 * letterMs) / 1000;
  const pcm = Buffer.alloc(text.length * samples * 2);
  for (const [index, letter] of [...text].entries()) {
    const level = letter === " " ? 0 : (letter.charCodeAt(0) - 96) * step;
    for (let i = 0; i < samples; i++) {
      // A square wave: its loudness does not depend on where it is split.
      pcm.writeInt16LE(i % 40 < 20 ? level : -level, (index * samples + i) * 2);
    }
  }
  return pcm;
}

/** A WAV file of 16 bit mono samples. */
export function wavOf(pcm: Uint8Array, sampleRate: number): Buffer {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + pcm.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(sampleRate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(pcm.length, 40);
  return Buffer.concat([head, pcm]);
}

/** `POST /v1/audio/transcriptions`: the letters of a 16 kHz WAV file. */
export async function transcribed(
  body: Buffer,
  contentType: string,
  signal: AbortSignal,
): Promise<AudioAnswer> {
  const form = await new Response(new Uint8Array(body), {
    headers: { "content-type": contentType },
  }).formData();
  const file = form.get("file");
  const refused = await pace(String(form.get("model")), signal);
  if (refused !== undefined || !(file instanceof Blob)) return { status: refused ?? 400 };
  const text = lettersOf(Buffer.from(await file.arrayBuffer()).subarray(44));
  return { type: "application/json", body: JSON.stringify({ text }) };
}

/** `POST /v1/audio/speech`: a tone with the duration of the text at that speed. */
export async function spoken(
  request: { model: string; input: string; speed?: number },
  signal: AbortSignal,
): Promise<AudioAnswer> {
  const refused = await pace(request.model, signal);
  if (refused !== undefined) return { status: refused };
  const ms = (msPerCharacter * request.input.length) / (request.speed ?? 1);
  const samples = Math.round((madeRate * ms) / 1000);
  const pcm = Buffer.alloc(samples * 2);
  for (let i = 0; i < samples; i++) pcm.writeInt16LE(Math.round(8_000 * Math.sin(i / 8)), i * 2);
  return { type: "audio/wav", body: wavOf(pcm, madeRate) };
}

/** Splits letters at fixed durations; after silence the grid restarts. */
function lettersOf(pcm: Buffer): string {
  const block = ((16_000 * letterMs) / 1000) * 2;
  let text = "";
  for (let from = 0; from + block <= pcm.length; ) {
    if (Math.abs(pcm.readInt16LE(from)) < step / 2) {
      from += 2;
      continue;
    }
    let sum = 0;
    for (let at = from; at < from + block; at += 2) sum += pcm.readInt16LE(at) ** 2;
    text += String.fromCharCode(96 + Math.round(Math.sqrt(sum / (block / 2)) / step));
    from += block;
  }
  return text;
}

async function pace(model: string, signal: AbortSignal): Promise<number | undefined> {
  const [name, ms = "0"] = model.split(":");
  if (name === "hang") await new Promise((_, reject) => signal.addEventListener("abort", reject));
  await delay(Number(ms), undefined, { signal });
  return name === "500" ? 500 : undefined;
}
