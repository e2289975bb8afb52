/** Content of a WAV file. `format`: codec tag; for extensible files, the tag of the subformat. */
export interface WavContent {
  format: number;
  channels: number;
  sampleRate: number;
  /** Bits of one sample, 4 for ADPCM. */
  bits: number;
  /** Bytes of one block of ADPCM, or of one sample of all channels. */
  blockBytes: number;
  data: Buffer;
}

/** Codec tags of RFC 2361. */
export const wavFormats = { pcm: 1, msAdpcm: 2, float: 3, aLaw: 6, muLaw: 7, imaAdpcm: 0x11 } as const;
const extensible = 0xfffe;
const leastBytes = 20;
/** Chunks that may follow the audio data. */
const later = new Set(["LIST", "id3 ", "ID3 ", "bext", "cue ", "smpl", "PEAK", "fact", "junk", "JUNK"]);

/**
 * The audio of a WAV file. A size of 0 or larger than the file was never updated: the audio ends with the
 * file. Undefined for other files.
 */
export function readWavContent(file: Uint8Array): WavContent | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < leastBytes || tag(bytes, 0) !== "RIFF" || tag(bytes, 8) !== "WAVE") return undefined;
  let format: Omit<WavContent, "data"> | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at + 4);
    const body = at + 8;
    if (tag(bytes, at) === "fmt ") format = readFormat(bytes, body, size);
    else if (tag(bytes, at) === "data") {
      if (!format?.sampleRate) return undefined;
      const unset = size === 0 && !later.has(tag(bytes, body));
      const end = unset ? bytes.length : Math.min(body + size, bytes.length);
      return { ...format, data: bytes.subarray(body, end) };
    }
    at = body + size + (size & 1);
  }
  return undefined;
}

function readFormat(bytes: Buffer, at: number, size: number): Omit<WavContent, "data"> | undefined {
  if (size < 16 || at + 16 > bytes.length) return undefined;
  const told = bytes.readUInt16LE(at);
  const inner =
    told === extensible && size >= 26 && at + 26 <= bytes.length ? bytes.readUInt16LE(at + 24) : told;
  return {
    format: inner,
    channels: bytes.readUInt16LE(at + 2),
    sampleRate: bytes.readUInt32LE(at + 4),
    blockBytes: bytes.readUInt16LE(at + 12),
    bits: bytes.readUInt16LE(at + 14),
  };
}

function tag(bytes: Buffer, at: number): string {
  return bytes.toString("latin1", at, at + 4);
}
