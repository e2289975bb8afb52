import type { Speech } from "../engines/engine.ts";
import type { Codec } from "./codec.ts";
import type { AudioFormat } from "./codec-task.ts";
import { wavFile } from "./wav.ts";

/** Content types of output formats. */
export const audioTypes: Record<AudioFormat, string> = {
  wav: "audio/wav",
  mp3: "audio/mpeg",
  opus: "audio/ogg",
  flac: "audio/flac",
  pcm: "audio/pcm",
};

/** Encodes speech. @throws CodecError when the codec fails or times out */
export async function encodeAudio(
  codec: Codec,
  { pcm, sampleRate }: Speech,
  format: AudioFormat,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (format === "wav") return wavFile(pcm, sampleRate);
  const result = await codec.run({ kind: "encode", pcm, sampleRate, format }, signal);
  if ("file" in result) return result.file;
  throw new Error("codec returned samples instead of a file");
}
