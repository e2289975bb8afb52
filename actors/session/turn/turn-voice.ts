import type { Limits } from "../../../schemas/limits.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { Spoken } from "../../../schemas/messages/voice-stream.ts";
import type { Segment } from "../../../schemas/wire/review.ts";
import { SpokenSentences } from "../../review/spoken-sentences.ts";
import { type Heard, heardOf } from "../transcript/truncate-at-playback.ts";
import type { SpeechClient } from "./speech-client.ts";
import type { TurnEmitter } from "./turn-emitter.ts";
import { type Reply, stopped } from "./turn-run.ts";

/** What a reply is spoken with. */
export interface VoiceMeans {
  speech: Pick<SpeechClient, "speak" | "join">;
  limits: Pick<Limits, "voiceTailMs">;
  /** Called once a turn, when there is nobody who speaks. */
  onSilent(): void;
}

/**
 * The voice of one reply: each sentence is spoken as soon as it is certain, one after the other, while the text still
 * streams. In a mode without voice it does nothing.
 */
export class TurnVoice {
  readonly #means: VoiceMeans;
  readonly #emitter: Pick<TurnEmitter, "segment">;
  readonly #signal: AbortSignal;
  readonly #enabled: boolean;
  readonly #sentences = new SpokenSentences();
  readonly #segments: Segment[] = [];
  readonly #spoken: Spoken[] = [];
  readonly #queue: string[] = [];
  #working: Promise<void> | undefined;
  #silent = false;
  #ended = false;
  #heard: Heard | undefined;

  constructor(
    means: VoiceMeans,
    { mode }: SessionInput,
    emitter: Pick<TurnEmitter, "segment">,
    signal: AbortSignal,
  ) {
    this.#means = means;
    this.#emitter = emitter;
    this.#signal = signal;
    this.#enabled = mode !== "text";
  }

  /** Takes the next part of the reply. */
  push(text: string): void {
    if (this.#enabled) this.#speak(this.#sentences.push(text));
  }

  /** The user has spoken over it; of what is there only this was heard. */
  interrupted(heard: Heard | undefined): void {
    this.#heard = heard;
  }

  /**
   * The reply with what was spoken of it, once that is all spoken or the run was stopped.
   * @throws RunAborted as the run itself does
   */
  async end(reply: Reply): Promise<Reply> {
    if (!this.#enabled) return reply;
    if (reply.finish === "stop") await this.#finish();
    this.#ended = true;
    const ended = this.#signal.aborted ? stopped(reply, this.#signal.reason) : reply;
    const { text, segments } = this.#cut(ended);
    if (this.#spoken.length === 0) return { ...ended, text };
    if (ended.finish !== "stop") return { ...ended, text, segments };
    const fullAudioUrl = await this.#join();
    return { ...ended, text, segments, ...(fullAudioUrl !== undefined && { fullAudioUrl }) };
  }

  #cut({ text, finish }: Reply) {
    const all = { text, segments: [...this.#segments] };
    if (this.#heard === undefined || finish !== "cancelled") return all;
    // Where nobody speaks it is read; what waits to be spoken was not heard.
    if (this.#spoken.length === 0 && (this.#silent || this.#queue.length === 0)) return all;
    return heardOf(all, this.#heard, false);
  }

  #speak(sentences: readonly string[]): void {
    this.#queue.push(...sentences);
    if (this.#queue.length === 0 || this.#working !== undefined) return;
    this.#working = this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  async #work(): Promise<void> {
    for (let text = this.#queue[0]; text !== undefined; text = this.#queue[0]) {
      const spoken = this.#silent ? null : await this.#means.speech.speak(text);
      if (this.#ended || this.#signal.aborted) return;
      this.#queue.shift();
      const index = this.#segments.length;
      if (spoken === null) {
        if (!this.#silent) this.#means.onSilent();
        this.#silent = true;
        this.#segments.push({ index, text });
        continue;
      }
      const segment = { index, text, audio_url: spoken.url, duration_ms: spoken.duration_ms };
      this.#spoken.push(spoken);
      this.#segments.push(segment);
      this.#emitter.segment(segment);
    }
  }

  /** Waits for the last sentences: not for ever, and not when the run is stopped. */
  async #finish(): Promise<void> {
    this.#speak(this.#sentences.end());
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#means.limits.voiceTailMs);
      if (this.#signal.aborted) resolve();
      this.#signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([this.#working, enough]);
    clearTimeout(timer);
    if (this.#signal.aborted) return;
    // Too late for the frames that end the turn: they are there as text.
    for (const text of this.#queue.splice(0)) this.#segments.push({ index: this.#segments.length, text });
  }

  async #join(): Promise<string | undefined> {
    const [only] = this.#spoken;
    if (only !== undefined && this.#spoken.length === 1) return only.url;
    return (await this.#means.speech.join(this.#spoken))?.url;
  }
}
