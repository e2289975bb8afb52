import { z } from "zod";

// What OpenAI-compatible providers really send: fields are missing, null or named by their own fashion.

const toolCallPieceSchema = z.object({
  index: z.int().nonnegative().nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});

/** One `data:` of a provider's streamed answer, as far as it is used. Reasoning comes under two names. */
export const providerChunkSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            reasoning_content: z.string().nullish(),
            reasoning: z.string().nullish().catch(undefined),
            tool_calls: z.array(toolCallPieceSchema).nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z
    .object({ prompt_tokens: z.int().nonnegative(), completion_tokens: z.int().nonnegative() })
    .nullish()
    .catch(undefined),
});
export type ProviderChunk = z.infer<typeof providerChunkSchema>;

/** Answer of a provider's `GET /models`, as far as it is used. */
export const providerModelsSchema = z.object({ data: z.array(z.object({ id: z.string().min(1).max(128) })) });
