import { aacFile, mp4Audio } from "./mp4-audio.ts";
import { wavFile } from "./wav.ts";
import { readWavContent } from "./wav-chunks.ts";
import { sixteenBitSamples } from "./wav-samples.ts";

/** Recording formats not supported by the codec's build. */
export type RecordingKind = "wav" | "mp4" | "aac" | "amr";

/** Task of the recording sandbox. */
export interface RecordingTask {
  kind: RecordingKind;
  bytes: Uint8Array;
  maxSeconds: number;
}

/**
 * Sandbox module that converts recordings to a format supported by the codec. @throws Error for invalid files
 */
export async function run({ kind, bytes, maxSeconds }: RecordingTask): Promise<Uint8Array> {
  if (kind === "wav") return plainWav(bytes);
  const sound =
    kind === "mp4"
      ? await mp4Audio(bytes, maxSeconds)
      : kind === "aac"
        ? await aacFile(bytes)
        : await amrFile(bytes);
  if ("file" in sound) return sound.file;
  return wavFile(mixed(sound.channelData), sound.sampleRate);
}

async function amrFile(bytes: Uint8Array) {
  const { default: decode } = await import("@audio/decode-amr");
  return decode(bytes);
}

function plainWav(bytes: Uint8Array): Uint8Array {
  const content = readWavContent(bytes);
  const samples = content === undefined ? undefined : sixteenBitSamples(content);
  if (content === undefined || samples === undefined) throw new Error("unknown kind of WAV");
  return wavFile(samples, content.sampleRate, content.channels);
}

/** The mean of all channels as 16 bit samples. */
function mixed(channels: readonly Float32Array[]): Int16Array {
  const samples = new Int16Array(channels[0]?.length ?? 0);
  for (let i = 0; i < samples.length; i++) {
    let sum = 0;
    for (const channel of channels) sum += channel[i] ?? 0;
    samples[i] = Math.round(Math.max(-1, Math.min(1, sum / channels.length)) * 32_767);
  }
  return samples;
}
