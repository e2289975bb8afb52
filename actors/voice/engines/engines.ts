import { sttUrl } from "../../../infra/endpoints.ts";
import type { Purpose } from "../../../schemas/documents/model-settings.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import type { ActorContext } from "../../actor-context.ts";
import type { ModelEndpoint } from "../../models/model.ts";
import type { Codec } from "../codec/codec.ts";
import { spokenText } from "../text/spoken-text.ts";
import {
  durationMs,
  type EngineStatus,
  type Pcm,
  type Speech,
  type SpeechToText,
  type SynthesizeOptions,
  speechRate,
  type TextToSpeech,
  type TranscribeOptions,
  type Transcript,
  type Voice,
} from "./engine.ts";
import { ESpeak } from "./espeak.ts";
import { isDoubtful } from "./heard-words.ts";
import { OpenAISpeechToText } from "./openai-speech-to-text.ts";
import { OpenAITextToSpeech } from "./openai-text-to-speech.ts";

type EnginesContext = Pick<ActorContext, "models" | "settings" | "log" | "lifecycle">;

/** A failed engine is tried last for this long, so that a reply does not wait for it at each sentence. */
const restMs = 15_000;

/** Model name of the local whisper. */
const embeddedModel = "whisper-base";

/**
 * The speech engines in order of preference: those routed by the administrator for `stt` and `tts`, then the
 * local ones. If one fails, the next is used and the failure is logged.
 */
export class VoiceEngines {
  readonly #context: EnginesContext;
  readonly #codec: Codec;
  readonly #espeak: ESpeak | undefined;
  readonly #listening = new Map<string, SpeechToText>();
  readonly #speaking = new Map<string, TextToSpeech>();
  readonly #failedAt = new WeakMap<object, number>();

  constructor(context: EnginesContext, codec: Codec) {
    this.#context = context;
    this.#codec = codec;
    this.#espeak = ESpeak.installed ? new ESpeak(context.log, context.settings.limits) : undefined;
    context.lifecycle.onStop("speech", () => this.#espeak?.stop());
  }

  /**
   * Transcribes speech with the first working engine; `model`: preferred engine. Audio below 0.1 s is
   * ignored.
   * @throws ParleyError `voice_service_unreachable` without an engine, or when all failed
   */
  transcribe(pcm: Pcm, options: TranscribeOptions, model?: string): Promise<Transcript & { engine: string }> {
    const signal = AbortSignal.any([
      options.signal,
      AbortSignal.timeout(this.#context.settings.limits.voiceTranscribeMs),
    ]);
    // A transcription is usually followed by a spoken reply.
    this.warm();
    const chain = first(this.#stt(), model);
    const [engine] = chain;
    if (engine !== undefined && pcm.length < speechRate / 10)
      return Promise.resolve({ text: "", duration_ms: durationMs(pcm), segments: [], engine: engine.name });
    return this.#firstOf("stt", chain, options.signal, (engine) =>
      heardBy(engine, pcm, { ...options, signal }),
    );
  }

  /** Synthesizes speech with the first working engine. @throws ParleyError `voice_service_unreachable` */
  synthesize(options: SynthesizeOptions, model?: string): Promise<Speech & { engine: string }> {
    const signal = AbortSignal.any([
      options.signal,
      AbortSignal.timeout(this.#context.settings.limits.voiceSpeakMs),
    ]);
    const chain = first(this.#tts(), model);
    return this.#firstOf("tts", chain, options.signal, (engine) =>
      engine.synthesize({ ...options, text: spokenText(options.text), signal }),
    );
  }

  /** Starts the local engine and codec ahead of the first sentence. */
  warm(): void {
    if (this.names("tts")[0] === this.#espeak?.name)
      this.#espeak
        ?.warm()
        .catch((err: unknown) =>
          this.#context.log.warn({ err, engine: this.#espeak?.name }, "local speech engine not started"),
        );
    this.#codec.warm();
  }

  /** Voices of the first available engine. @throws ParleyError `voice_service_unreachable` */
  voices(): Promise<Voice[]> {
    const never = new AbortController().signal;
    return this.#firstOf("tts", this.#tts(), never, async (engine) => ({
      voices: await engine.voices(),
    })).then(({ voices }) => voices);
  }

  /** Names of the engines for a purpose, in order; `model`: preferred engine. */
  names(purpose: "stt" | "tts", model?: string): string[] {
    return first<{ readonly name: string }>(purpose === "stt" ? this.#stt() : this.#tts(), model).map(
      ({ name }) => name,
    );
  }

  status(): { stt: EngineStatus; tts: EngineStatus } {
    const of = ([engine]: string[]): EngineStatus => ({
      available: engine !== undefined,
      engine: engine ?? null,
    });
    return { stt: of(this.names("stt")), tts: of(this.names("tts")) };
  }

  #stt(): SpeechToText[] {
    const { limits } = this.#context.settings;
    const routed = this.#routed("stt", this.#listening, (one) => new OpenAISpeechToText(one, limits));
    const baseUrl = sttUrl(this.#context.settings);
    if (baseUrl === undefined) return this.#rested(routed);
    const local = { id: embeddedModel, model: embeddedModel, baseUrl, apiKey: undefined, params: {} };
    const engine = kept(
      this.#listening,
      local,
      (one) => new OpenAISpeechToText(one, limits, { embedded: true }),
    );
    return this.#rested([...routed, engine]);
  }

  #tts(): TextToSpeech[] {
    const { limits } = this.#context.settings;
    const routed = this.#routed(
      "tts",
      this.#speaking,
      (one) => new OpenAITextToSpeech(one, limits, this.#codec),
    );
    return this.#rested(this.#espeak === undefined ? routed : [...routed, this.#espeak]);
  }

  #routed<Engine>(
    purpose: Purpose,
    known: Map<string, Engine>,
    make: (endpoint: ModelEndpoint) => Engine,
  ): Engine[] {
    return this.#context.models.endpoints(purpose).map((endpoint) => kept(known, endpoint, make));
  }

  #rested<Engine extends object>(engines: Engine[]): Engine[] {
    const tired = (engine: Engine) => Date.now() - (this.#failedAt.get(engine) ?? 0) < restMs;
    return [...engines.filter((engine) => !tired(engine)), ...engines.filter(tired)];
  }

  async #firstOf<Engine extends { readonly name: string }, Result>(
    purpose: "stt" | "tts",
    chain: Engine[],
    signal: AbortSignal,
    ask: (engine: Engine) => Promise<Result>,
  ): Promise<Result & { engine: string }> {
    let cause: unknown;
    for (const engine of chain) {
      try {
        const result = await ask(engine);
        this.#failedAt.delete(engine);
        return { ...result, engine: engine.name };
      } catch (err) {
        signal.throwIfAborted();
        cause = err;
        this.#failedAt.set(engine, Date.now());
        this.#context.log.warn({ err, purpose, engine: engine.name }, "voice engine failed");
      }
    }
    if (chain.length === 0) throw noEngine();
    throw new ParleyError("voice_service_unreachable", {
      error: "Voice-Service 不可达: 语音引擎出错",
      cause,
    });
  }
}

/**
 * Transcribes with one engine. The language option is a guess: if the result is empty or doubtful, the
 * engine detects the language, and if that result is doubtful as well, the transcript is empty.
 */
async function heardBy(engine: SpeechToText, pcm: Pcm, options: TranscribeOptions): Promise<Transcript> {
  const heard = await engine.transcribe(pcm, options);
  if (heard.text === "" || !isDoubtful(heard.text, options.prompt)) return heard;
  const { language: _, prompt: __, ...free } = options;
  // Don't repeat an interim result: the next one has more audio.
  const again = options.interim === true ? heard : await engine.transcribe(pcm, free);
  return isDoubtful(again.text) ? { ...again, text: "", segments: [] } : again;
}

/** Error of a voice process without any engine. */
export function noEngine(): ParleyError {
  return new ParleyError("voice_service_unreachable", { error: "Voice-Service 不可达: 没有可用的语音引擎" });
}

/** Caches one engine per endpoint for the lifetime of the process, as endpoints are few and rarely change. */
function kept<Engine>(
  known: Map<string, Engine>,
  endpoint: ModelEndpoint,
  make: (endpoint: ModelEndpoint) => Engine,
): Engine {
  const key = JSON.stringify(endpoint);
  const engine = known.get(key) ?? make(endpoint);
  known.set(key, engine);
  return engine;
}

function first<Engine extends { readonly name: string }>(
  chain: Engine[],
  name: string | undefined,
): Engine[] {
  const wanted = chain.filter((engine) => engine.name === name);
  return wanted.length === 0 ? chain : [...wanted, ...chain.filter((engine) => engine.name !== name)];
}
