/** Samples a second of {@link Pcm}: what speech engines listen to. */
export const speechRate = 16_000;

/** Speech that comes in, whatever it arrived as: mono, 16 bit, {@link speechRate} samples a second. */
export type Pcm = Int16Array;

/** Length of mono samples in ms. */
export function durationMs(pcm: Int16Array, sampleRate: number = speechRate): number {
  return Math.round((pcm.length / sampleRate) * 1000);
}

/** How speech is to be heard. */
export interface TranscribeOptions {
  /** ISO 639-1 of what is spoken; unset = the engine finds out. */
  language?: string | undefined;
  /** Words that are likely, such as names. */
  prompt?: string | undefined;
  /** Somebody still speaks: an engine that can be quicker at the price of errors is. */
  interim?: boolean;
  signal: AbortSignal;
}

/** A part of a transcript, and when it was said. */
export interface TranscriptSegment {
  start_ms: number;
  end_ms: number;
  text: string;
}

/** What was said; `text` is trimmed, and empty where nobody spoke. */
export interface Transcript {
  text: string;
  /** ISO 639-1 where the engine tells. */
  language?: string | undefined;
  duration_ms: number;
  /** Empty where the engine tells no times. */
  segments: TranscriptSegment[];
}

/** An engine that hears. */
export interface SpeechToText {
  readonly name: string;
  /** @throws Error when it fails; the signal's reason once that is aborted. */
  transcribe(pcm: Pcm, options: TranscribeOptions): Promise<Transcript>;
}

/** A voice that an engine speaks with; `language` is a BCP 47 tag, or `mul`. */
export interface Voice {
  id: string;
  name: string;
  language: string;
}

/** What is to be spoken, and how. */
export interface SynthesizeOptions {
  text: string;
  /** Id of a voice; unset, or one the engine does not have: it chooses by the text. */
  voice?: string | undefined;
  /** 1 = as the voice speaks, 0.25 … 4. */
  speed?: number | undefined;
  signal: AbortSignal;
}

/** Spoken text: mono samples, 16 bit. */
export interface Speech {
  pcm: Int16Array;
  sampleRate: number;
}

/** An engine that speaks. */
export interface TextToSpeech {
  readonly name: string;
  voices(): Promise<Voice[]>;
  /** @throws Error when it fails; the signal's reason once that is aborted. */
  synthesize(options: SynthesizeOptions): Promise<Speech>;
}

/** Whether an engine is there, and which. */
export interface EngineStatus {
  available: boolean;
  engine: string | null;
}
