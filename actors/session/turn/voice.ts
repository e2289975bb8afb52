import type { Limits } from "../../../schemas/limits.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { Spoken } from "../../../schemas/messages/voice-stream.ts";
import type { Segment } from "../../../schemas/wire/review.ts";
import { SpokenSentences } from "../../review/spoken-sentences.ts";
import { type PlaybackPosition, truncateAt } from "../transcript/truncate-at-playback.ts";
import type { TurnEmitter } from "./emitter.ts";
import { cancelledReply, type Reply } from "./reply.ts";
import type { SpeechClient } from "./speech-client.ts";

/** Dependencies of the voice of a turn. */
export interface VoiceDeps {
  speech: Pick<SpeechClient, "speak" | "join">;
  limits: Pick<Limits, "voiceTailMs">;
  /** Called once a turn, when no speech engine is available. */
  onSilent(): void;
}

/**
 * Speech synthesis of one reply: sentences are spoken in order, each as soon as it is complete, while the
 * text still streams. In text mode it does nothing.
 */
export class TurnVoice {
  readonly #deps: VoiceDeps;
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
  #played: PlaybackPosition | undefined;

  constructor(
    deps: VoiceDeps,
    { mode }: SessionInput,
    emitter: Pick<TurnEmitter, "segment">,
    signal: AbortSignal,
  ) {
    this.#deps = deps;
    this.#emitter = emitter;
    this.#signal = signal;
    this.#enabled = mode !== "text";
  }

  /** Adds the next part of the reply. */
  push(text: string): void {
    if (this.#enabled) this.#speak(this.#sentences.push(text));
  }

  /** Records that the user interrupted the reply; `played`: the playback position. */
  interrupted(played: PlaybackPosition | undefined): void {
    this.#played = played;
  }

  /**
   * The reply with its spoken sentences, once all of them are spoken or the run was stopped.
   * @throws RunAborted as the run itself does
   */
  async end(reply: Reply): Promise<Reply> {
    if (!this.#enabled) return reply;
    if (reply.finish === "stop") await this.#finish();
    this.#ended = true;
    const ended = this.#signal.aborted ? cancelledReply(reply, this.#signal.reason) : reply;
    const { text, segments } = this.#truncate(ended);
    if (this.#spoken.length === 0) return { ...ended, text };
    if (ended.finish !== "stop") return { ...ended, text, segments };
    const fullAudioUrl = await this.#join();
    return { ...ended, text, segments, ...(fullAudioUrl !== undefined && { fullAudioUrl }) };
  }

  #truncate({ text, finish }: Reply) {
    const all = { text, segments: [...this.#segments] };
    if (this.#played === undefined || finish !== "cancelled") return all;
    // Without speech the user read the text; queued sentences were not played.
    if (this.#spoken.length === 0 && (this.#silent || this.#queue.length === 0)) return all;
    return truncateAt(all, this.#played, false);
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
      const spoken = this.#silent ? null : await this.#deps.speech.speak(text);
      if (this.#ended || this.#signal.aborted) return;
      this.#queue.shift();
      const index = this.#segments.length;
      if (spoken === null) {
        if (!this.#silent) this.#deps.onSilent();
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

  /** Waits for the last sentences, up to a time limit and not after a stop. */
  async #finish(): Promise<void> {
    this.#speak(this.#sentences.end());
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#deps.limits.voiceTailMs);
      if (this.#signal.aborted) resolve();
      this.#signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([this.#working, enough]);
    clearTimeout(timer);
    if (this.#signal.aborted) return;
    // Too late for the final frames: send these sentences as text only.
    for (const text of this.#queue.splice(0)) this.#segments.push({ index: this.#segments.length, text });
  }

  async #join(): Promise<string | undefined> {
    const [only] = this.#spoken;
    if (only !== undefined && this.#spoken.length === 1) return only.url;
    return (await this.#deps.speech.join(this.#spoken))?.url;
  }
}
