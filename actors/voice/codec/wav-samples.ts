import { imaSamples, msSamples } from "./adpcm.ts";
import { type WavContent, wavFormats } from "./wav-chunks.ts";

const most = 32_767;

/** The samples of a WAV file as 16 bit, channels interleaved; undefined for unknown codecs. */
export function sixteenBitSamples(wav: WavContent): Int16Array | undefined {
  const { format, bits, data } = wav;
  if (wav.channels < 1 || wav.channels > 64) return undefined;
  switch (format) {
    case wavFormats.pcm:
      return bits >= 8 && bits <= 64 ? integers(data, Math.ceil(bits / 8)) : undefined;
    case wavFormats.float:
      return bits === 32 || bits === 64 ? floats(data, bits) : undefined;
    case wavFormats.aLaw:
      return Int16Array.from(data, aLaw);
    case wavFormats.muLaw:
      return Int16Array.from(data, muLaw);
    case wavFormats.imaAdpcm:
      return bits === 4 ? imaSamples(wav) : undefined;
    case wavFormats.msAdpcm:
      return bits === 4 ? msSamples(wav) : undefined;
    default:
      return undefined;
  }
}

/**
 * Little-endian integers of `size` bytes, reduced to their two highest bytes. One-byte samples are unsigned.
 */
function integers(data: Buffer, size: number): Int16Array {
  const samples = new Int16Array(Math.floor(data.length / size));
  for (let i = 0; i < samples.length; i++)
    samples[i] = size === 1 ? ((data[i] ?? 128) - 128) << 8 : data.readInt16LE(i * size + size - 2);
  return samples;
}

function floats(data: Buffer, bits: number): Int16Array {
  const size = bits / 8;
  const samples = new Int16Array(Math.floor(data.length / size));
  for (let i = 0; i < samples.length; i++) {
    const value = bits === 32 ? data.readFloatLE(i * 4) : data.readDoubleLE(i * 8);
    samples[i] = Math.round(Math.max(-1, Math.min(1, Number.isFinite(value) ? value : 0)) * most);
  }
  return samples;
}

/** ITU-T G.711, A-law. */
function aLaw(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = bits & 15;
  const size = exponent === 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 0x108) << (exponent - 1);
  return (bits & 0x80) !== 0 ? size : -size;
}

/** ITU-T G.711, µ-law. */
function muLaw(code: number): number {
  const bits = ~code & 0xff;
  const size = ((((bits & 15) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return (bits & 0x80) !== 0 ? -size : size;
}
