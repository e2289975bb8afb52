import type { Logger } from "../../../infra/log.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import type { Limits } from "../../../schemas/limits.ts";
import type {
  VoiceHeard,
  VoiceStreamPart,
  VoiceStreamStart,
} from "../../../schemas/messages/voice-stream.ts";
import { durationMs, type Pcm } from "../engines/engine.ts";
import { IncrementalTranscriber, type Transcribe } from "./incremental-transcriber.ts";
import { ReorderBuffer } from "./reorder-buffer.ts";

/** Dependencies of a stream. */
export interface StreamMeans {
  transcribe: Transcribe;
  /** Decodes a recording, possibly truncated; `hint`: format of data without a header. */
  decode(bytes: Uint8Array, signal: AbortSignal, hint?: "pcm"): Promise<Pcm>;
  /** Takes an object from the bulk store, once. @throws ParleyError when it is not there */
  takeObject(object: string): Promise<Uint8Array>;
  tell(heard: VoiceHeard): void;
  /** Called once, after the last message of the stream. */
  ended(): void;
  limits: Limits;
  log: Logger;
}

/** Maximum separate buffers. */
const partsAtOnce = 256;
const lost = "语音识别失败";

/**
 * One utterance, from its first chunk to its text. Interim results are transcribed repeatedly, one at a
 * time; the final result is the last message.
 */
export class SpokenStream {
  readonly #means: StreamMeans;
  readonly #start: VoiceStreamStart;
  readonly #order: ReorderBuffer<Uint8Array>;
  readonly #reader: IncrementalTranscriber;
  readonly #controller = new AbortController();
  /** Aborts an interim transcription when the final one is due. */
  readonly #hurry = new AbortController();
  readonly #startedAt = performance.now();
  #state: "open" | "ending" | "over" = "open";
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #loading: Promise<void> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #readBytes = 0;
  /** Earliest next transcription, monotonic ms. */
  #notBefore = 0;
  #told = "";

  constructor(means: StreamMeans, start: VoiceStreamStart) {
    this.#means = means;
    this.#start = start;
    this.#order = new ReorderBuffer(means.limits.voiceReorderChunks);
    this.#reader = new IncrementalTranscriber(means.transcribe, start.language, means.limits.voiceWindowMs);
    this.#touch();
  }

  /** Whether the audio is complete and the text is pending. */
  get ending(): boolean {
    return this.#state === "ending";
  }

  /** Processes one part; an invalid part fails the stream. */
  take(part: VoiceStreamPart): void {
    if (part.kind === "drop") this.#over();
    if (this.#state !== "open") return;
    if (part.kind === "chunk") this.#chunk(part);
    if (part.kind === "object") this.#load(part.object);
    if (part.kind === "end") this.#end();
  }

  /** Ends the stream with an error. */
  fail(cause: unknown): void {
    if (this.#state === "over") return;
    const known = cause instanceof ParleyError;
    if (!known)
      this.#means.log.error(
        { err: cause, edge: this.#start.to.edge, socket: this.#start.to.socket },
        "speech recognition failed",
      );
    const error = known ? cause : new ParleyError("voice_service_unreachable", { error: lost });
    this.#means.tell({ kind: "failed", error: error.body });
    this.#over();
  }

  #chunk({ sequence, audio }: VoiceStreamPart & { kind: "chunk" }): void {
    this.#touch();
    for (const bytes of this.#order.take(sequence, Buffer.from(audio, "base64"))) this.#add(bytes);
    if (this.#start.format === "pcm") this.#checkLength(this.#bytes / 32);
    if (this.#bytes > this.#means.limits.voiceInputBytes) this.#full();
    this.#readSoon();
  }

  /**
   * Rejects audio faster than real time (recordings are sent as `voice_input`), and streams over the length
   * limit.
   */
  #checkLength(ms: number): void {
    const { voiceAheadMs, voiceStreamMs } = this.#means.limits;
    if (ms > performance.now() - this.#startedAt + voiceAheadMs) {
      const hint = "请按实时速度发送，或改用 voice_input";
      this.fail(new ParleyError("rate_limited", { error: "音频发送过快", hint }));
    } else if (ms > voiceStreamMs) this.#full();
  }

  #full(): void {
    if (this.#state !== "open") return;
    this.#means.tell({ kind: "full" });
    this.#end();
  }

  #add(bytes: Uint8Array): void {
    // Merge many small buffers to reduce overhead.
    if (this.#parts.length >= partsAtOnce) this.#parts = [Buffer.concat(this.#parts)];
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }

  #load(object: string): void {
    this.#loading = this.#means.takeObject(object).then(
      (bytes) => this.#add(bytes),
      (cause: unknown) => this.fail(cause),
    );
  }

  #readSoon(): void {
    const { voiceInterimMs } = this.#means.limits;
    if (!this.#start.interims || this.#timer !== undefined || this.#reading !== undefined) return;
    if (this.#state !== "open" || this.#bytes === this.#readBytes) return;
    const wait = Math.max(0, this.#notBefore - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#readBytes = this.#bytes;
      const begun = performance.now();
      this.#reading = this.#interim().finally(() => {
        this.#reading = undefined;
        const now = performance.now();
        // Pause for half of the engine's run time, as other streams share it.
        this.#notBefore = Math.max(begun + voiceInterimMs, now + (now - begun) / 2);
        this.#readSoon();
      });
    }, wait);
  }

  async #interim(): Promise<void> {
    try {
      const text = await this.#reader.read(
        await this.#pcm(),
        true,
        this.#controller.signal,
        this.#hurry.signal,
      );
      if (this.#state !== "open" || text === "" || text === this.#told) return;
      this.#told = text;
      this.#means.tell({ kind: "interim", text });
    } catch (err) {
      // The beginning may be too short to decode; other errors recur in the final transcription.
      this.#means.log.debug({ err }, "interim transcription failed");
    }
  }

  #end(): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    clearTimeout(this.#idle);
    clearTimeout(this.#timer);
    this.#hurry.abort();
    for (const bytes of this.#order.rest()) this.#add(bytes);
    this.#final().catch((cause: unknown) => this.fail(cause));
  }

  async #final(): Promise<void> {
    await this.#loading;
    await this.#reading;
    const text = this.#bytes === 0 || this.#state === "over" ? "" : await this.#whole();
    this.#finish(text);
  }

  #finish(text: string): void {
    if (this.#state === "over") return;
    this.#means.tell({ kind: "final", text });
    this.#over();
  }

  async #whole(): Promise<string> {
    const { voiceFinalMs } = this.#means.limits;
    const signal = AbortSignal.any([this.#controller.signal, AbortSignal.timeout(voiceFinalMs)]);
    return this.#reader.read(await this.#pcm(), false, signal);
  }

  async #pcm(): Promise<Pcm> {
    const bytes = Buffer.concat(this.#parts);
    // Later parts are appended to the merged buffer.
    this.#parts = [bytes];
    if (bytes.length === 0) return new Int16Array();
    const { format } = this.#start;
    const pcm = await this.#means.decode(
      bytes,
      this.#controller.signal,
      format === "pcm" ? "pcm" : undefined,
    );
    if (this.#state === "open") this.#checkLength(durationMs(pcm));
    return pcm;
  }

  #touch(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#quiet(), this.#means.limits.voiceIdleMs);
  }

  /** Idle timeout: completes the stream as if the client had ended it. */
  #quiet(): void {
    if (this.#state !== "open") return;
    if (this.#bytes === 0) this.fail(new ParleyError("voice_stream_timeout"));
    else {
      this.#means.tell({ kind: "idle" });
      this.#end();
    }
  }

  #over(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    clearTimeout(this.#idle);
    clearTimeout(this.#timer);
    this.#hurry.abort();
    this.#controller.abort();
    this.#parts = [];
    this.#means.ended();
  }
}
