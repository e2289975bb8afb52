import { type Pcm, speechRate } from "../engines/engine.ts";

/** Samples of one frame: 30 ms. */
export const frameSamples = (speechRate * 30) / 1000;
/** Consecutive loud frames that count as speech; fewer are a click. */
const framesInARow = 3;
/** RMS limits: always silence below the first, always sound above the second. */
const quiet = 100;
const loud = 650;
/** Minimum ratio of speech to noise level. */
const aboveNoise = 2;

/** Energy-based voice activity detection: cheap, and biased towards speech. */
export class VoiceActivity {
  readonly #levels: Float32Array;
  readonly #threshold: number;

  constructor(pcm: Pcm) {
    this.#levels = levelsOf(pcm);
    const sorted = Float32Array.from(this.#levels).sort();
    const noise = sorted[Math.floor(sorted.length / 10)] ?? 0;
    this.#threshold = Math.min(loud, Math.max(quiet, noise * aboveNoise));
  }

  /** Whether there is speech between two samples. */
  speaks(from: number, to: number): boolean {
    let row = 0;
    for (let frame = Math.floor(from / frameSamples); frame < Math.ceil(to / frameSamples); frame++) {
      row = (this.#levels[frame] ?? 0) > this.#threshold ? row + 1 : 0;
      if (row >= framesInARow) return true;
    }
    return false;
  }

  /** The middle of the quietest half second between two samples. */
  quietest(from: number, to: number): number {
    const width = 16;
    const first = Math.floor(from / frameSamples);
    const last = Math.floor(to / frameSamples) - width;
    let best = first;
    let least = Number.POSITIVE_INFINITY;
    for (let frame = first; frame <= last; frame++) {
      let sum = 0;
      for (let i = frame; i < frame + width; i++) sum += this.#levels[i] ?? 0;
      if (sum >= least) continue;
      least = sum;
      best = frame;
    }
    return (best + width / 2) * frameSamples;
  }
}

function levelsOf(pcm: Pcm): Float32Array {
  const levels = new Float32Array(Math.floor(pcm.length / frameSamples));
  for (let frame = 0; frame < levels.length; frame++) {
    let sum = 0;
    for (let i = frame * frameSamples; i < (frame + 1) * frameSamples; i++) sum += (pcm[i] ?? 0) ** 2;
    levels[frame] = Math.sqrt(sum / frameSamples);
  }
  return levels;
}
