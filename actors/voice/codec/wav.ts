import { type Pcm, speechRate } from "../engines/engine.ts";
import { readWavContent, wavFormats } from "./wav-chunks.ts";

const headerBytes = 44;

/** 16 bit samples as a WAV file, channels interleaved. */
export function wavFile(pcm: Int16Array, sampleRate: number, channels = 1): Uint8Array {
  const bytes = Buffer.alloc(headerBytes + pcm.byteLength);
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write("WAVEfmt ", 8, "latin1");
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(wavFormats.pcm, 20);
  bytes.writeUInt16LE(channels, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * channels * 2, 28);
  bytes.writeUInt16LE(channels * 2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36, "latin1");
  bytes.writeUInt32LE(pcm.byteLength, 40);
  bytes.set(bytesOf(pcm), headerBytes);
  return bytes;
}

/** Samples from little-endian bytes; a trailing odd byte is dropped. */
export function samplesOf(bytes: Uint8Array): Int16Array {
  return new Int16Array(Uint8Array.from(bytes.subarray(0, bytes.length & ~1)).buffer);
}

/** The bytes of samples. */
export function bytesOf(pcm: Int16Array): Uint8Array {
  return new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
}

/** The samples of a plain WAV file: mono, 16 bit PCM, of any rate. Undefined for other files. */
export function readPlainWav(file: Uint8Array): { pcm: Int16Array; sampleRate: number } | undefined {
  const wav = readWavContent(file);
  if (wav?.format !== wavFormats.pcm || wav.channels !== 1 || wav.bits !== 16) return undefined;
  return { pcm: samplesOf(wav.data), sampleRate: wav.sampleRate };
}

/** The samples of a file already in the format of speech engines. */
export function readSpeechWav(file: Uint8Array): Pcm | undefined {
  const wav = readPlainWav(file);
  return wav?.sampleRate === speechRate ? wav.pcm : undefined;
}
