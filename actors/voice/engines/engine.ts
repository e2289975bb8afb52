/** Sample rate of {@link Pcm}, the input of speech engines. */
export const speechRate = 16_000;

/** Decoded speech input: mono, 16 bit, at {@link speechRate}. */
export type Pcm = Int16Array;

/** Length of mono samples in ms. */
export function durationMs(pcm: Int16Array, sampleRate: number = speechRate): number {
  return Math.round((pcm.length / sampleRate) * 1000);
}

/** Options of speech recognition. */
export interface TranscribeOptions {
  /** Spoken language, ISO 639-1; detected by the engine if unset. */
  language?: string | undefined;
  /** Likely words, such as names. */
  prompt?: string | undefined;
  /** Interim result: engines should prefer speed over accuracy. */
  interim?: boolean;
  signal: AbortSignal;
}

/** A part of a transcript with its time range. */
export interface TranscriptSegment {
  start_ms: number;
  end_ms: number;
  text: string;
}

/** A transcript; `text` is trimmed, and empty without speech. */
export interface Transcript {
  text: string;
  /** ISO 639-1, if reported by the engine. */
  language?: string | undefined;
  duration_ms: number;
  /** Empty if the engine reports no times. */
  segments: TranscriptSegment[];
}

/** A speech-to-text engine. */
export interface SpeechToText {
  readonly name: string;
  /** @throws Error when it fails; the signal's reason once that is aborted. */
  transcribe(pcm: Pcm, options: TranscribeOptions): Promise<Transcript>;
}

/** A voice of an engine; `language`: BCP 47 tag, or `mul`. */
export interface Voice {
  id: string;
  name: string;
  language: string;
}

/** Text and options of speech synthesis. */
export interface SynthesizeOptions {
  text: string;
  /** Voice id; if unset or unknown, the engine chooses by the text. */
  voice?: string | undefined;
  /** Relative speed, 0.25 … 4; default 1. */
  speed?: number | undefined;
  signal: AbortSignal;
}

/** Synthesized speech: mono samples, 16 bit. */
export interface Speech {
  pcm: Int16Array;
  sampleRate: number;
}

/** A text-to-speech engine. */
export interface TextToSpeech {
  readonly name: string;
  voices(): Promise<Voice[]>;
  /** @throws Error when it fails; the signal's reason once that is aborted. */
  synthesize(options: SynthesizeOptions): Promise<Speech>;
}

/** Availability and name of an engine. */
export interface EngineStatus {
  available: boolean;
  engine: string | null;
}
