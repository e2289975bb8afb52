import { z } from "zod";

/** Most texts of one request; their vectors come in one answer. */
const maxInputs = 256;

/** Body of `POST /v1/embeddings`. Lists of token numbers are not taken: they belong to one model's vocabulary. */
export const embeddingRequestSchema = z.object({
  model: z.string().min(1).max(128),
  input: z.union([
    z.string().min(1),
    z.array(z.string().min(1), "must be a text or a list of texts").min(1).max(maxInputs),
  ]),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  dimensions: z.int().positive().max(8_192).nullish(),
});
export type EmbeddingRequest = z.infer<typeof embeddingRequestSchema>;

/** Its answer; an embedding in base64 is little-endian 32-bit floats. */
export const embeddingAnswerSchema = z.object({
  object: z.literal("list"),
  data: z.array(
    z.object({
      object: z.literal("embedding"),
      index: z.int().nonnegative(),
      embedding: z.union([z.string(), z.array(z.number())]),
    }),
  ),
  model: z.string(),
  usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
});
export type EmbeddingAnswer = z.infer<typeof embeddingAnswerSchema>;
