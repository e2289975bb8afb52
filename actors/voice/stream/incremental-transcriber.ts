import { type Pcm, speechRate, type TranscribeOptions, type Transcript } from "../engines/engine.ts";
import { VoiceActivity } from "./voice-activity.ts";

/** A pause of this many samples may be the end: the speech before it is transcribed as final. */
const pause = 0.4 * speechRate;

/** Transcribes speech. */
export type Transcribe = (pcm: Pcm, options: TranscribeOptions) => Promise<Pick<Transcript, "text">>;

/**
 * Transcribes a growing recording. Only its last part is transcribed again: speech before a pause is
 * transcribed once, so the latency of interim and final results does not grow with the length.
 */
export class IncrementalTranscriber {
  readonly #transcribe: Transcribe;
  readonly #language: string | undefined;
  readonly #window: number;
  /** Text before {@link #from}. */
  #fixed = "";
  #from = 0;
  /** Last full-quality transcript after {@link #from}; valid until more speech follows. */
  #careful: { from: number; to: number; text: string } | undefined;

  /** `language`: as given by the client; `windowMs`: length of speech that is transcribed again. */
  constructor(transcribe: Transcribe, language: string, windowMs: number) {
    this.#transcribe = transcribe;
    this.#language = language === "auto" ? undefined : language.split("-")[0];
    this.#window = (windowMs / 1000) * speechRate;
  }

  /**
   * The complete text, empty without speech. `pcm` starts with the samples of earlier calls. `hurry` aborts
   * work needed only for the interim result; work reusable for the final one is completed.
   * @throws errors of the engine; the reason of `signal` or `hurry` when aborted
   */
  async read(pcm: Pcm, interim: boolean, signal: AbortSignal, hurry = signal): Promise<string> {
    const activity = new VoiceActivity(pcm);
    while (pcm.length - this.#from > this.#window) {
      const cut = activity.quietest(this.#from + this.#window / 2, this.#from + this.#window);
      const text = await this.#part(pcm, activity, { from: this.#from, to: cut }, false, signal);
      this.#fixed = joined(this.#fixed, text);
      this.#from = cut;
    }
    return joined(this.#fixed, await this.#rest(pcm, activity, interim, signal, hurry));
  }

  async #rest(
    pcm: Pcm,
    activity: VoiceActivity,
    interim: boolean,
    signal: AbortSignal,
    hurry: AbortSignal,
  ): Promise<string> {
    const part = { from: this.#from, to: pcm.length };
    const last = this.#careful;
    if (last?.from === part.from && !activity.speaks(last.to, part.to)) return last.text;
    if (interim) hurry.throwIfAborted();
    if (interim && activity.speaks(part.to - pause, part.to)) {
      return this.#part(pcm, activity, part, true, hurry);
    }
    const text = await this.#part(pcm, activity, part, false, signal);
    this.#careful = { ...part, text };
    return text;
  }

  async #part(
    pcm: Pcm,
    activity: VoiceActivity,
    { from, to }: { from: number; to: number },
    interim: boolean,
    signal: AbortSignal,
  ): Promise<string> {
    // Engines hallucinate words in silence.
    if (!activity.speaks(from, to)) return "";
    const prompt = this.#fixed.slice(-200);
    const { text } = await this.#transcribe(pcm.subarray(from, to), {
      language: this.#language,
      ...(prompt !== "" && { prompt }),
      interim,
      signal,
    });
    signal.throwIfAborted();
    return text.trim();
  }
}

function joined(before: string, after: string): string {
  if (before === "" || after === "") return before + after;
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}。！？，、]$/u.test(before)
    ? before + after
    : `${before} ${after}`;
}
