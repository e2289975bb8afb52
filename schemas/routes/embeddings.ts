import { embeddingAnswerSchema, embeddingRequestSchema } from "../wire/openai-embeddings.ts";
import { defineRoute } from "./route.ts";

/** `POST /v1/embeddings`. */
export const createEmbedding = defineRoute({
  method: "post",
  path: "/v1/embeddings",
  access: "user",
  area: "models",
  name: "embeddings",
  summary: "Vectors of texts",
  body: embeddingRequestSchema,
  answer: embeddingAnswerSchema,
  errors: "openai",
});
