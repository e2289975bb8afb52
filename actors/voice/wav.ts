import { type Pcm, speechRate } from "./engine.ts";

const headerBytes = 44;
const pcmFormat = 1;

/** Mono 16 bit samples as a WAV file. */
export function wavFile(pcm: Int16Array, sampleRate: number): Uint8Array {
  const bytes = Buffer.alloc(headerBytes + pcm.byteLength);
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write("WAVEfmt ", 8, "latin1");
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(pcmFormat, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36, "latin1");
  bytes.writeUInt32LE(pcm.byteLength, 40);
  bytes.set(bytesOf(pcm), headerBytes);
  return bytes;
}

/** Little-endian samples, as they stand in a WAV file or come from a microphone; an odd byte at the end is dropped. */
export function samplesOf(bytes: Uint8Array): Int16Array {
  return new Int16Array(Uint8Array.from(bytes.subarray(0, bytes.length & ~1)).buffer);
}

/** The bytes of samples. */
export function bytesOf(pcm: Int16Array): Uint8Array {
  return new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
}

/**
 * The samples of a plain WAV file: mono, 16 bit PCM, of any rate. Undefined for every other kind of file.
 * A `data` chunk that claims more than there is (streamed files do) ends with the file.
 */
export function readPlainWav(file: Uint8Array): { pcm: Int16Array; sampleRate: number } | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < headerBytes || tag(bytes, 0) !== "RIFF" || tag(bytes, 8) !== "WAVE") return undefined;
  let sampleRate: number | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at + 4);
    const body = at + 8;
    if (tag(bytes, at) === "fmt ") {
      if (body + 16 > bytes.length || !isPlain(bytes, body)) return undefined;
      sampleRate = bytes.readUInt32LE(body + 4);
    } else if (tag(bytes, at) === "data") {
      if (sampleRate === undefined || sampleRate === 0) return undefined;
      return { pcm: samplesOf(bytes.subarray(body, Math.min(body + size, bytes.length))), sampleRate };
    }
    at = body + size + (size & 1);
  }
  return undefined;
}

/** The samples of a file that is already as engines want them. */
export function readSpeechWav(file: Uint8Array): Pcm | undefined {
  const wav = readPlainWav(file);
  return wav?.sampleRate === speechRate ? wav.pcm : undefined;
}

function isPlain(bytes: Buffer, format: number): boolean {
  return (
    bytes.readUInt16LE(format) === pcmFormat &&
    bytes.readUInt16LE(format + 2) === 1 &&
    bytes.readUInt16LE(format + 14) === 16
  );
}

function tag(bytes: Buffer, at: number): string {
  return bytes.toString("latin1", at, at + 4);
}
