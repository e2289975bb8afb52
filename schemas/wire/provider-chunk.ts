import { z } from "zod";

// What OpenAI-compatible providers really send: fields are missing, null or named by their own fashion.

const toolCallPieceSchema = z.object({
  index: z.int().nonnegative().nullish().describe("Position in the list, from 0."),
  id: z.string().nullish().describe("Id of the entry."),
  function: z
    .object({
      name: z.string().nullish().describe("Name."),
      arguments: z.string().nullish().describe("Arguments of the call, as JSON text."),
    })
    .nullish()
    .describe("The function that is called."),
});

/** One `data:` of a provider's streamed answer, as far as it is used. Reasoning comes under two names. */
export const providerChunkSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish().describe("Text of the message."),
            reasoning_content: z.string().nullish().describe("What the model thinks before it answers."),
            reasoning: z
              .string()
              .nullish()
              .catch(undefined)
              .describe("What the model thinks, by its other name."),
            tool_calls: z.array(toolCallPieceSchema).nullish().describe("Tools that the model calls."),
          })
          .nullish()
          .describe("What this chunk adds."),
        finish_reason: z.string().nullish().describe("How the reply ended."),
      }),
    )
    .nullish()
    .describe("The reply. Exactly one choice."),
  usage: z
    .object({
      prompt_tokens: z.int().nonnegative().describe("Tokens of the request."),
      completion_tokens: z.int().nonnegative().describe("Tokens of the reply."),
    })
    .nullish()
    .catch(undefined)
    .describe("Tokens that were used."),
});
export type ProviderChunk = z.infer<typeof providerChunkSchema>;

/** Answer of a provider's `GET /models`, as far as it is used. */
export const providerModelsSchema = z.object({
  data: z
    .array(z.object({ id: z.string().min(1).max(128).describe("Id of the entry.") }))
    .describe("Data of the entry."),
});
