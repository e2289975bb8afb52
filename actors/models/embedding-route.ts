import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import { createEmbedding } from "../../schemas/routes/embeddings.ts";
import type { EmbeddingAnswer, EmbeddingRequest } from "../../schemas/wire/openai-embeddings.ts";
import type { ActorContext } from "../actor-context.ts";
import { serveRoute } from "../requests/rest.ts";
import type { Embeddings } from "./embeddings.ts";
import { estimateTokens } from "./tokens.ts";

/** Common names that clients are configured with; all resolve to this installation's embedding model. */
const aliases = /^(text-embedding-[\w.-]+|e5-(query|passage)|multilingual-e5-\w+)$/;

/** Serves `POST /v1/embeddings`; a request counts as one message of the user's quota. */
export function serveEmbeddings(context: ActorContext, embeddings: Embeddings): void {
  const { quota, models, settings } = context;
  serveRoute(context, createEmbedding, async ({ principal, body }) => {
    const configured = [...models.endpoints("embedding").map(({ id }) => id), settings.embeddingsModel];
    if (!configured.includes(body.model) && !aliases.test(body.model))
      throw new ParleyError("model_not_found");
    const texts = typeof body.input === "string" ? [body.input] : body.input;
    const tokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
    const hold = newId("emb_", 16);
    await quota.reserve(principal.user_id, hold, tokens, 1);
    try {
      const kind = body.model === "e5-query" ? "query" : "passage";
      const { vectors } = await embeddings.embed(texts, kind);
      const answer = answerOf(body, vectors, tokens, settings.limits.jsonAnswerBytes);
      const usage = { prompt_tokens: tokens, completion_tokens: 0 };
      quota.count(principal.user_id, usage);
      await quota.settle(principal.user_id, hold, usage);
      return answer;
    } catch (err) {
      await quota.release(principal.user_id, hold);
      throw err;
    }
  });
}

function answerOf(
  { model, encoding_format, dimensions }: EmbeddingRequest,
  vectors: readonly Float32Array[],
  tokens: number,
  maxBytes: number,
): EmbeddingAnswer {
  const data = vectors.map((whole, index) => {
    const vector = dimensions ? shortened(whole, dimensions) : whole;
    const embedding =
      encoding_format === "base64"
        ? Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64")
        : Array.from(vector);
    return { object: "embedding" as const, index, embedding };
  });
  const bytes = data.reduce((sum, { embedding }) => sum + JSON.stringify(embedding).length + 64, 0);
  if (bytes > maxBytes)
    throw new ParleyError("payload_too_large", { error: "结果过大，请减少 input 的数量或使用 base64" });
  return { object: "list", data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

/**
 * Truncates a vector to `dimensions` and normalizes it.
 * @throws ParleyError `invalid_request` when it is shorter
 */
function shortened(vector: Float32Array, dimensions: number): Float32Array {
  if (dimensions > vector.length)
    throw new ParleyError("invalid_request", { error: `请求参数错误: dimensions 最大 ${vector.length}` });
  const part = vector.slice(0, dimensions);
  const norm = Math.hypot(...part) || 1;
  return part.map((value) => value / norm);
}
