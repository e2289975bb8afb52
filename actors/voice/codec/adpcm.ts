import { joinSamples } from "./join-samples.ts";
import type { WavContent } from "./wav-chunks.ts";

// Both codecs: Microsoft, "Multimedia Data Standards Update", 1994.

const indexSteps = [-1, -1, -1, -1, 2, 4, 6, 8];
const stepSizes = imaSteps();

/** Samples of IMA ADPCM; blocks interleave channels by 8 samples. */
export function imaSamples({ data, channels, blockBytes }: WavContent): Int16Array | undefined {
  if (blockBytes <= 4 * channels) return undefined;
  const parts: Int16Array[] = [];
  for (let at = 0; at + 4 * channels < data.length; at += blockBytes)
    parts.push(imaBlock(data.subarray(at, at + blockBytes), channels));
  return joinSamples(Int16Array, parts);
}

function imaBlock(block: Buffer, channels: number): Int16Array {
  const groups = Math.floor((block.length - 4 * channels) / (4 * channels));
  const samples = new Int16Array((1 + groups * 8) * channels);
  for (let channel = 0; channel < channels; channel++) {
    let value = block.readInt16LE(4 * channel);
    let index = Math.min(88, block[4 * channel + 2] ?? 0);
    samples[channel] = value;
    for (let i = 0; i < groups * 8; i++) {
      const at = 4 * channels + (i >> 3) * 4 * channels + 4 * channel + ((i & 7) >> 1);
      const code = ((block[at] ?? 0) >> (4 * (i & 1))) & 15;
      const step = stepSizes[index] ?? 7;
      const change =
        (step >> 3) + (code & 4 ? step : 0) + (code & 2 ? step >> 1 : 0) + (code & 1 ? step >> 2 : 0);
      value = clamped(code & 8 ? value - change : value + change);
      index = Math.min(88, Math.max(0, index + (indexSteps[code & 7] ?? 0)));
      samples[(1 + i) * channels + channel] = value;
    }
  }
  return samples;
}

const adaptation = [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];
const coefficients = [
  [256, 0],
  [512, -256],
  [0, 0],
  [192, 64],
  [240, 0],
  [460, -208],
  [392, -232],
] as const;

/** Samples of Microsoft ADPCM with its seven standard predictors. */
export function msSamples({ data, channels, blockBytes }: WavContent): Int16Array | undefined {
  if (blockBytes <= 7 * channels || channels > 2) return undefined;
  const parts: Int16Array[] = [];
  for (let at = 0; at + 7 * channels < data.length; at += blockBytes)
    parts.push(msBlock(data.subarray(at, at + blockBytes), channels));
  return joinSamples(Int16Array, parts);
}

function msBlock(block: Buffer, channels: number): Int16Array {
  const codes = (block.length - 7 * channels) * 2;
  const samples = new Int16Array(2 * channels + codes);
  const state = Array.from({ length: channels }, (_, channel) => {
    const word = (place: number) => block.readInt16LE(channels + 2 * channels * place + 2 * channel);
    const [one, two] = coefficients[Math.min(6, block[channel] ?? 0)] ?? coefficients[0];
    return { one, two, delta: word(0), last: word(1), before: word(2) };
  });
  for (const [channel, { last, before }] of state.entries()) {
    samples[channel] = before;
    samples[channels + channel] = last;
  }
  for (let i = 0; i < codes; i++) {
    const own = state[i % channels];
    if (own === undefined) break;
    const byte = block[7 * channels + (i >> 1)] ?? 0;
    const code = i & 1 ? byte & 15 : byte >> 4;
    const predicted = (own.last * own.one + own.before * own.two) >> 8;
    const value = clamped(predicted + (code & 8 ? code - 16 : code) * own.delta);
    own.before = own.last;
    own.last = value;
    own.delta = Math.max(16, ((adaptation[code] ?? 230) * own.delta) >> 8);
    samples[2 * channels + i] = value;
  }
  return samples;
}

function imaSteps(): number[] {
  const steps = [7];
  // Each is 10 % larger than the previous one, rounded down; the first ones grow by one.
  const told =
    "8 9 10 11 12 13 14 16 17 19 21 23 25 28 31 34 37 41 45 50 55 60 66 73 80 88 97 107 118 130 143 157 173 190 209 230 253 279 307 337 371 408 449 494 544 598 658 724 796 876 963 1060 1166 1282 1411 1552 1707 1878 2066 2272 2499 2749 3024 3327 3660 4026 4428 4871 5358 5894 6484 7132 7845 8630 9493 10442 11487 12635 13899 15289 16818 18500 20350 22385 24623 27086 29794 32767";
  steps.push(...told.split(" ").map(Number));
  return steps;
}

function clamped(value: number): number {
  return Math.max(-32_768, Math.min(32_767, value));
}
