import { type Pcm, speechRate } from "../engines/engine.ts";

/** Samples of one frame: 30 ms. */
export const frameSamples = (speechRate * 30) / 1000;
/** This many loud frames in a row are a voice; fewer are a click. */
const framesInARow = 3;
/** Root mean square: what is below is silence whatever the surroundings, what is above is none. */
const quiet = 100;
const loud = 650;
/** A voice stands out of the noise by this factor. */
const aboveNoise = 2;

/** How loud each frame of a recording is, and where somebody speaks: by energy alone, which is cheap and errs to speech. */
export class VoiceActivity {
  readonly #levels: Float32Array;
  readonly #threshold: number;

  constructor(pcm: Pcm) {
    this.#levels = levelsOf(pcm);
    const sorted = Float32Array.from(this.#levels).sort();
    const noise = sorted[Math.floor(sorted.length / 10)] ?? 0;
    this.#threshold = Math.min(loud, Math.max(quiet, noise * aboveNoise));
  }

  /** Whether somebody speaks between two samples. */
  speaks(from: number, to: number): boolean {
    let row = 0;
    for (let frame = Math.floor(from / frameSamples); frame < Math.ceil(to / frameSamples); frame++) {
      row = (this.#levels[frame] ?? 0) > this.#threshold ? row + 1 : 0;
      if (row >= framesInARow) return true;
    }
    return false;
  }

  /** The sample in the middle of the quietest half second between two samples. */
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
