import { type Pcm, speechRate, type TranscribeOptions, type Transcript } from "../engines/engine.ts";
import { VoiceActivity } from "./voice-activity.ts";

/** A pause so long, in samples, may be the end: what was said before it is read as if it were. */
const pause = 0.4 * speechRate;

/** Makes text of speech. */
export type Transcribe = (pcm: Pcm, options: TranscribeOptions) => Promise<Pick<Transcript, "text">>;

/**
 * Reads a recording that grows. Only its last part is read again each time: what lies before a pause is read once, so
 * that neither an interim result nor the final one takes longer the longer somebody speaks.
 */
export class IncrementalTranscriber {
  readonly #transcribe: Transcribe;
  readonly #language: string | undefined;
  readonly #window: number;
  /** Text of what lies before {@link #from}. */
  #fixed = "";
  #from = 0;
  /** The last careful reading of what lies behind {@link #from}: it holds until somebody speaks on. */
  #careful: { from: number; to: number; text: string } | undefined;

  /** `language` as a client names it; `windowMs`: speech that is read again. */
  constructor(transcribe: Transcribe, language: string, windowMs: number) {
    this.#transcribe = transcribe;
    this.#language = language === "auto" ? undefined : language.split("-")[0];
    this.#window = (windowMs / 1000) * speechRate;
  }

  /**
   * Text of all that was said, empty where nobody spoke. `pcm` begins with what earlier calls were given. `hurry` ends
   * what an interim result reads for itself alone; what the final one can use is read to its end.
   * @throws what the engine throws; the reason of `signal`, or of `hurry`, once that is aborted
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
