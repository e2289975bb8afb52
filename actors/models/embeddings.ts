import type OpenAI from "openai";
import { z } from "zod";
import { embeddingsUrl } from "../../infra/endpoints.ts";
import type { Logger } from "../../infra/log.ts";
import type { Settings } from "../../infra/settings.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { createClient } from "./openai-provider.ts";
import { toProviderError } from "./provider-error.ts";

/** How a text is embedded: some models distinguish queries from the passages that answer them. */
export type EmbeddingKind = "query" | "passage";

/** Unit vectors, in the order of the texts; vectors of different models can't be compared. */
export interface Embedded {
  model: string;
  vectors: Float32Array[];
}

/**
 * An OpenAI-compatible embeddings API. `model` unset: the embedded server, which names its models by kind.
 */
export interface EmbeddingEndpoint {
  baseUrl: string;
  apiKey?: string | undefined;
  model?: string | undefined;
}

/** The embedding model of this installation. */
export interface Embeddings {
  /** Name of the model that {@link Embeddings.embed} calls, if configured; otherwise its answers name it. */
  configuredModel(): string | undefined;
  /** @throws ParleyError `llm_unavailable` when no model is available or the call fails. */
  embed(
    texts: readonly string[],
    kind: EmbeddingKind,
    signal?: AbortSignal,
    /** The user of the call; see {@link FairEmbeddings}. */
    user?: string,
  ): Promise<Embedded>;
}

// Most providers reject texts longer than the model's context.
const maxTextChars = 8_000;
const answerSchema = z.object({
  model: z.string().optional(),
  data: z.array(
    z.object({ index: z.int().nonnegative(), embedding: z.union([z.string(), z.array(z.number())]) }),
  ),
});

/**
 * Embedding models in order: the administrator's route, `EMBEDDINGS_URL`, the embedded server. The embedded
 * server may start later, so it is looked up on each call. An outage is logged once, until a model answers
 * again.
 */
export function createEmbeddings(
  settings: Settings,
  log: Logger,
  routed: () => readonly EmbeddingEndpoint[] = () => [],
): Embeddings {
  const clients = new Map<string, OpenAI>();
  const clientOf = ({ baseUrl, apiKey }: EmbeddingEndpoint): OpenAI => {
    const key = `${baseUrl} ${apiKey ?? ""}`;
    const client = clients.get(key) ?? createClient({ baseUrl, apiKey }, settings.limits);
    clients.set(key, client);
    return client;
  };
  const endpoint = (): EmbeddingEndpoint | undefined => {
    const [first] = routed();
    if (first !== undefined) return first;
    const { embeddingsUrl: url, embeddingsApiKey: apiKey, embeddingsModel: model } = settings;
    if (url !== undefined) return { baseUrl: url, apiKey, model };
    const local = embeddingsUrl(settings);
    return local === undefined ? undefined : { baseUrl: local };
  };
  let reported = false;
  const missing = (cause?: unknown): ParleyError => {
    if (!reported) log.warn({ err: cause }, "no embedding model available, searching by keywords only");
    reported = true;
    return new ParleyError("llm_unavailable", { error: "没有可用的向量模型", cause });
  };
  return {
    configuredModel: () => endpoint()?.model,
    async embed(texts, kind, signal) {
      const to = endpoint();
      if (to === undefined) throw missing();
      try {
        const embedded = await ask(clientOf(to), to, texts, kind, settings.limits.embeddingMs, signal);
        if (reported) log.info({ model: embedded.model }, "embedding model available again");
        reported = false;
        return embedded;
      } catch (err) {
        signal?.throwIfAborted();
        throw missing(toProviderError(err));
      }
    },
  };
}

async function ask(
  client: OpenAI,
  { model }: EmbeddingEndpoint,
  texts: readonly string[],
  kind: EmbeddingKind,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<Embedded> {
  const answer: unknown = await client.post("/embeddings", {
    body: {
      model: model ?? `e5-${kind}`,
      input: texts.map((text) => prefixed(text.slice(0, maxTextChars), kind, model)),
      encoding_format: "base64",
    },
    timeout,
    ...(signal && { signal }),
  });
  const { data, model: name } = answerSchema.parse(answer);
  const vectors = texts.map((_, index) => {
    const found = data.find((one) => one.index === index);
    if (found === undefined) throw new Error("embedding missing in the response");
    return unit(typeof found.embedding === "string" ? decode(found.embedding) : found.embedding);
  });
  return { model: model ?? name ?? "embeddings", vectors };
}

/** Models of the E5 family expect the kind as a prefix; the embedded server adds it itself. */
function prefixed(text: string, kind: EmbeddingKind, model: string | undefined): string {
  return model !== undefined && /\be5\b/i.test(model) ? `${kind}: ${text}` : text;
}

function decode(base64: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  return new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
}

function unit(values: ArrayLike<number>): Float32Array {
  const vector = Float32Array.from(values);
  let sum = 0;
  for (const value of vector) sum += value * value;
  const norm = Math.sqrt(sum);
  if (!(norm > 0) || !Number.isFinite(norm)) throw new Error("invalid embedding vector");
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) / norm;
  return vector;
}
