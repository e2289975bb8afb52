import type OpenAI from "openai";
import { z } from "zod";
import type { Limits } from "../../../schemas/limits.ts";
import type { ModelEndpoint } from "../../models/model.ts";
import { createClient } from "../../models/openai-provider.ts";
import { ProviderError, toProviderError } from "../../models/provider-error.ts";
import type { Codec } from "../codec/codec.ts";
import { readPlainWav } from "../codec/wav.ts";
import type { Speech, SynthesizeOptions, TextToSpeech, Voice } from "./engine.ts";

const openaiVoices = [
  "alloy",
  "ash",
  "ballad",
  "coral",
  "echo",
  "fable",
  "nova",
  "onyx",
  "sage",
  "shimmer",
  "verse",
];
const sampleRate = 24_000;

/** Response of compatible servers to `GET …/audio/voices`: names, or objects with an id or a name. */
const voicesSchema = z.object({
  voices: z.array(
    z.union([
      z.string().transform((id): Voice => ({ id, name: id, language: "mul" })),
      z
        .object({ id: z.string().optional(), name: z.string().optional(), language: z.string().optional() })
        .transform(({ id, name, language }): Voice => {
          const known = id ?? name ?? "";
          return { id: known, name: name ?? known, language: language ?? "mul" };
        }),
    ]),
  ),
});

/** `POST …/audio/speech` of an OpenAI-compatible provider. The default voice is `params.voice`. */
export class OpenAITextToSpeech implements TextToSpeech {
  readonly name: string;
  readonly #client: OpenAI;
  readonly #endpoint: ModelEndpoint;
  readonly #limits: Limits;
  readonly #codec: Codec;
  #voices: Voice[] | undefined;

  constructor(endpoint: ModelEndpoint, limits: Limits, codec: Codec) {
    this.name = endpoint.id;
    this.#endpoint = endpoint;
    // Audio has no line limit.
    this.#client = createClient(endpoint, { ...limits, turnReplyBytes: limits.voiceReplyBytes });
    this.#limits = limits;
    this.#codec = codec;
  }

  async voices(): Promise<Voice[]> {
    if (this.#voices !== undefined) return this.#voices;
    const own = openaiVoices.map((id) => ({ id, name: id, language: "mul" }));
    const { hostname } = new URL(this.#endpoint.baseUrl);
    if (hostname !== "api.openai.com") {
      const answer: unknown = await this.#client
        .get("/audio/voices", { timeout: this.#limits.providerListMs })
        .catch(() => undefined);
      const listed = voicesSchema.safeParse(answer);
      if (listed.success && listed.data.voices.length > 0) {
        this.#voices = listed.data.voices;
        return this.#voices;
      }
    }
    return own;
  }

  async synthesize({ text, voice, speed, signal }: SynthesizeOptions): Promise<Speech> {
    signal.throwIfAborted();
    const { voice: usual, ...params } = this.#endpoint.params;
    const voices = await this.voices();
    const known = voices.some(({ id }) => id === voice) ? voice : undefined;
    try {
      const answer = await this.#client.audio.speech.create(
        {
          ...params,
          model: this.#endpoint.model,
          input: text,
          voice: known ?? (typeof usual === "string" ? usual : (voices[0]?.id ?? "alloy")),
          response_format: "wav",
          ...(speed !== undefined && speed !== 1 && { speed }),
        },
        { signal, timeout: this.#limits.voiceSpeakMs },
      );
      return await this.#samples(new Uint8Array(await answer.arrayBuffer()), signal);
    } catch (err) {
      signal.throwIfAborted();
      throw toProviderError(err);
    }
  }

  /** Decodes the response; some servers always send MP3. */
  async #samples(file: Uint8Array, signal: AbortSignal): Promise<Speech> {
    const wav = readPlainWav(file);
    if (wav !== undefined) return wav;
    const maxSamples = (this.#limits.voiceAudioMs / 1000) * sampleRate;
    const result = await this.#codec.run({ kind: "decode", bytes: file, sampleRate, maxSamples }, signal);
    if ("pcm" in result) return { pcm: result.pcm, sampleRate };
    throw new ProviderError("上游回复中断或无效");
  }
}
