import { z } from "zod";

/** Most texts of one request; their vectors come in one answer. */
const maxInputs = 256;

/** Body of `POST /v1/embeddings`. Lists of token numbers are not taken: they belong to one model's vocabulary. */
export const embeddingRequestSchema = z.object({
  model: z.string().min(1).max(128).describe("Id of the model."),
  input: z
    .union([
      z.string().min(1),
      z.array(z.string().min(1), "must be a text or a list of texts").min(1).max(maxInputs),
    ])
    .describe("Text or texts to embed or speak."),
  encoding_format: z
    .enum(["float", "base64"])
    .nullish()
    .describe("How vectors are written: numbers or base64."),
  dimensions: z.int().positive().max(8_192).nullish().describe("Length of the vectors."),
});
export type EmbeddingRequest = z.infer<typeof embeddingRequestSchema>;

/** Its answer; an embedding in base64 is little-endian 32-bit floats. */
export const embeddingAnswerSchema = z.object({
  object: z.literal("list").describe("Kind of the object."),
  data: z
    .array(
      z.object({
        object: z.literal("embedding").describe("Kind of the object."),
        index: z.int().nonnegative().describe("Position in the list, from 0."),
        embedding: z
          .union([z.string(), z.array(z.number())])
          .describe("The vector, as numbers or as base64 of 32-bit floats."),
      }),
    )
    .describe("One vector for each input, in their order."),
  model: z.string().describe("Id of the model."),
  usage: z
    .object({
      prompt_tokens: z.int().describe("Tokens of the request."),
      total_tokens: z.int().describe("Tokens in all."),
    })
    .describe("Tokens that were used."),
});
export type EmbeddingAnswer = z.infer<typeof embeddingAnswerSchema>;
