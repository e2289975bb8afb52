import { type Pcm, speechRate, type TranscribeOptions, type Transcript } from "./engine.ts";
import { VoiceActivity } from "./voice-activity.ts";

/** Makes text of speech. */
export type Transcribe = (pcm: Pcm, options: TranscribeOptions) => Promise<Pick<Transcript, "text">>;

/**
 * Reads a recording that grows. Only its last part is read again each time: what lies before a pause is read once, so
 * that neither an interim result nor the final one takes longer the longer somebody speaks.
 */
export class SpeechReader {
  readonly #transcribe: Transcribe;
  readonly #language: string | undefined;
  readonly #window: number;
  /** Text of what lies before {@link #from}. */
  #fixed = "";
  #from = 0;

  /** `language` as a client names it; `windowMs`: speech that is read again. */
  constructor(transcribe: Transcribe, language: string, windowMs: number) {
    this.#transcribe = transcribe;
    this.#language = language === "auto" ? undefined : language.split("-")[0];
    this.#window = (windowMs / 1000) * speechRate;
  }

  /**
   * Text of all that was said, empty where nobody spoke. `pcm` begins with what earlier calls were given.
   * @throws what the engine throws; the signal's reason once that is aborted
   */
  async read(pcm: Pcm, interim: boolean, signal: AbortSignal): Promise<string> {
    const activity = new VoiceActivity(pcm);
    while (pcm.length - this.#from > this.#window) {
      const cut = activity.quietest(this.#from + this.#window / 2, this.#from + this.#window);
      // Read as carefully as the last part: nobody comes back to it.
      const text = await this.#part(pcm, activity, { from: this.#from, to: cut }, false, signal);
      this.#fixed = joined(this.#fixed, text);
      this.#from = cut;
    }
    const rest = { from: this.#from, to: pcm.length };
    return joined(this.#fixed, await this.#part(pcm, activity, rest, interim, signal));
  }

  async #part(
    pcm: Pcm,
    activity: VoiceActivity,
    { from, to }: { from: number; to: number },
    interim: boolean,
    signal: AbortSignal,
  ): Promise<string> {
    // Engines hear words in silence.
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
