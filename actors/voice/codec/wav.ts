import { type Pcm, speechRate } from "../engines/engine.ts";

const headerBytes = 44;
const pcmFormat = 1;

/** 16 bit samples as a WAV file; those of several channels take turns. */
export function wavFile(pcm: Int16Array, sampleRate: number, channels = 1): Uint8Array {
  const bytes = Buffer.alloc(headerBytes + pcm.byteLength);
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write("WAVEfmt ", 8, "latin1");
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(pcmFormat, 20);
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

/** Little-endian samples, as they stand in a WAV file or come from a microphone; an odd byte at the end is dropped. */
export function samplesOf(bytes: Uint8Array): Int16Array {
  return new Int16Array(Uint8Array.from(bytes.subarray(0, bytes.length & ~1)).buffer);
}

/** The bytes of samples. */
export function bytesOf(pcm: Int16Array): Uint8Array {
  return new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
}

/** A WAV file of PCM: its samples as they stand, those of several channels taking turns. */
interface RawWav {
  data: Buffer;
  sampleRate: number;
  channels: number;
  bits: number;
}

/** A `data` chunk that claims more than there is (streamed files do) ends with the file. */
function readWav(file: Uint8Array): RawWav | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < headerBytes || tag(bytes, 0) !== "RIFF" || tag(bytes, 8) !== "WAVE") return undefined;
  let format: Omit<RawWav, "data"> | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at + 4);
    const body = at + 8;
    if (tag(bytes, at) === "fmt ") {
      if (body + 16 > bytes.length || bytes.readUInt16LE(body) !== pcmFormat) return undefined;
      const channels = bytes.readUInt16LE(body + 2);
      format = { channels, sampleRate: bytes.readUInt32LE(body + 4), bits: bytes.readUInt16LE(body + 14) };
    } else if (tag(bytes, at) === "data") {
      if (!format?.sampleRate) return undefined;
      return { ...format, data: bytes.subarray(body, Math.min(body + size, bytes.length)) };
    }
    at = body + size + (size & 1);
  }
  return undefined;
}

/** The samples of a plain WAV file: mono, 16 bit PCM, of any rate. Undefined for every other kind of file. */
export function readPlainWav(file: Uint8Array): { pcm: Int16Array; sampleRate: number } | undefined {
  const wav = readWav(file);
  if (wav?.channels !== 1 || wav.bits !== 16) return undefined;
  return { pcm: samplesOf(wav.data), sampleRate: wav.sampleRate };
}

/** A WAV file of 8 or 32 bit as one of 16 bit, for decoders that know no other; undefined for every other file. */
export function asSixteenBit(file: Uint8Array): Uint8Array | undefined {
  const wav = readWav(file);
  if (wav?.bits !== 8 && wav?.bits !== 32) return undefined;
  const { data, bits, sampleRate, channels } = wav;
  const samples = new Int16Array(Math.floor((data.length * 8) / bits));
  for (let i = 0; i < samples.length; i++)
    samples[i] = bits === 8 ? ((data[i] ?? 0) - 128) << 8 : data.readInt16LE(i * 4 + 2);
  return wavFile(samples, sampleRate, channels);
}

/** The samples of a file that is already as engines want them. */
export function readSpeechWav(file: Uint8Array): Pcm | undefined {
  const wav = readPlainWav(file);
  return wav?.sampleRate === speechRate ? wav.pcm : undefined;
}

function tag(bytes: Buffer, at: number): string {
  return bytes.toString("latin1", at, at + 4);
}
