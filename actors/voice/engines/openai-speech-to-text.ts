import type OpenAI from "openai";
import { toFile } from "openai";
import { z } from "zod";
import type { Limits } from "../../../schemas/limits.ts";
import type { ModelEndpoint } from "../../models/model.ts";
import { createClient } from "../../models/openai-provider.ts";
import { toProviderError } from "../../models/provider-error.ts";
import { wavFile } from "../codec/wav.ts";
import {
  durationMs,
  type Pcm,
  type SpeechToText,
  speechRate,
  type TranscribeOptions,
  type Transcript,
} from "./engine.ts";

/** Response of OpenAI-compatible servers, as `verbose_json` or `json`. */
const transcriptSchema = z.object({
  text: z.string(),
  language: z.string().nullish(),
  segments: z
    .array(z.object({ start: z.number(), end: z.number(), text: z.string() }))
    .nullish()
    .catch(null),
});

/**
 * `POST …/audio/transcriptions` of an OpenAI-compatible provider; also used for the embedded whisper server.
 */
export class OpenAISpeechToText implements SpeechToText {
  readonly name: string;
  /** Models newer than whisper reject `verbose_json`, which has timestamps. */
  readonly #timestamps: boolean;
  readonly #client: OpenAI;
  readonly #endpoint: ModelEndpoint;
  readonly #limits: Limits;
  readonly #embedded: boolean;

  constructor(endpoint: ModelEndpoint, limits: Limits, { embedded = false } = {}) {
    this.name = endpoint.id;
    this.#endpoint = endpoint;
    this.#client = createClient(endpoint, limits);
    this.#limits = limits;
    this.#embedded = embedded;
    this.#timestamps = embedded || /whisper/i.test(endpoint.model);
  }

  async transcribe(pcm: Pcm, { language, prompt, interim, signal }: TranscribeOptions): Promise<Transcript> {
    signal.throwIfAborted();
    try {
      const answer: unknown = await this.#client.audio.transcriptions.create(
        {
          ...this.#endpoint.params,
          model: this.#endpoint.model,
          file: await toFile(wavFile(pcm, speechRate), "speech.wav", { type: "audio/wav" }),
          response_format: this.#timestamps ? "verbose_json" : "json",
          ...(language !== undefined && { language }),
          ...(prompt !== undefined && { prompt }),
          // Only supported by the embedded server: a smaller beam is faster.
          ...(this.#embedded && { beam_size: interim ? 1 : 5 }),
        },
        { signal, timeout: this.#limits.voiceTranscribeMs },
      );
      const { text, language: heard, segments } = transcriptSchema.parse(answer);
      return {
        text: text.trim(),
        ...(heard && { language: heard }),
        duration_ms: durationMs(pcm),
        segments: (segments ?? []).map(({ start, end, text: said }) => ({
          start_ms: Math.round(start * 1000),
          end_ms: Math.round(end * 1000),
          text: said.trim(),
        })),
      };
    } catch (err) {
      signal.throwIfAborted();
      throw toProviderError(err);
    }
  }
}
