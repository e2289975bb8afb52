import { z } from "zod";

// Wire shapes of OpenAI's chat completions API (platform reference, 2026). Unknown fields are ignored.

const contentPartSchema = z.union([
  z.object({
    type: z.literal("text").describe("Kind of the entry."),
    text: z.string().describe("The text."),
  }),
  z.object({
    type: z.literal("image_url").describe("Kind of the entry."),
    image_url: z
      .object({
        url: z.string().describe("Address."),
        detail: z
          .string()
          .optional()
          .describe("How closely the image is looked at: `auto`, `low` or `high`."),
      })
      .describe("Image as a data URI or web address."),
  }),
]);

const toolCallSchema = z.object({
  id: z.string().describe("Id of the completion or call."),
  type: z.literal("function").describe("Kind of the entry."),
  function: z
    .object({
      name: z.string().describe("Name."),
      arguments: z.string().describe("Arguments of the call, as JSON text."),
    })
    .describe("The function that is called."),
});

/** One message of a chat request, as models take it. */
export const chatMessageSchema = z.object({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]).describe("Who says it."),
  content: z
    .union([z.string(), z.array(contentPartSchema), z.null()])
    .optional()
    .describe("Text of the message."),
  name: z.string().optional().describe("Name."),
  tool_calls: z.array(toolCallSchema).optional().describe("Tools that the model calls."),
  tool_call_id: z.string().optional().describe("Id of the call that this message answers."),
});
export type ChatMessage = z.infer<typeof chatMessageSchema>;

const toolSchema = z.object({
  type: z.literal("function").describe("Kind of the entry."),
  function: z
    .object({
      name: z.string().max(64).describe("Name."),
      description: z.string().optional().describe("Description in words."),
      parameters: z
        .record(z.string(), z.unknown())
        .optional()
        .describe("Parameters of the function, as a JSON schema."),
      strict: z.boolean().nullish().describe("Whether arguments must match the schema exactly."),
    })
    .describe("The function that is called."),
});

/** Sampling and tool parameters that go to a provider as they came. */
export const chatParamsSchema = z.object({
  temperature: z.number().min(0).max(2).nullish().describe("Sampling temperature, 0 to 2."),
  top_p: z
    .number()
    .min(0)
    .max(1)
    .nullish()
    .describe("Nucleus sampling: share of probability that is considered."),
  max_tokens: z
    .int()
    .positive()
    .max(1_000_000)
    .nullish()
    .describe("Most tokens of the reply. Older name of `max_completion_tokens`."),
  max_completion_tokens: z.int().positive().max(1_000_000).nullish().describe("Most tokens of the reply."),
  stop: z
    .union([z.string(), z.array(z.string()).max(4)])
    .nullish()
    .describe("Texts at which the reply ends."),
  presence_penalty: z
    .number()
    .min(-2)
    .max(2)
    .nullish()
    .describe("Lowers the chance of tokens that were used before, -2 to 2."),
  frequency_penalty: z
    .number()
    .min(-2)
    .max(2)
    .nullish()
    .describe("Lowers the chance of tokens by how often they were used, -2 to 2."),
  seed: z.int().nullish().describe("Seed for repeatable sampling."),
  tools: z.array(toolSchema).max(128).optional().describe("Tools that the model may call."),
  tool_choice: z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .optional()
    .describe("Whether and which tool the model must call."),
  parallel_tool_calls: z.boolean().optional().describe("Whether the model may call several tools at once."),
  response_format: z.record(z.string(), z.unknown()).optional().describe("Format of the answer."),
});
export type ChatParams = z.infer<typeof chatParamsSchema>;

/** Body of `POST /v1/chat/completions`. */
export const chatCompletionRequestSchema = chatParamsSchema.extend({
  model: z.string().min(1).max(128).describe("Id of the model."),
  messages: z.array(chatMessageSchema).min(1).max(2048).describe("The messages, oldest first."),
  stream: z.boolean().nullish().describe("Whether the reply comes as server-sent events."),
  stream_options: z
    .object({ include_usage: z.boolean().optional().describe("Whether a last chunk tells the usage.") })
    .nullish()
    .describe("Options of a streamed reply, such as `include_usage`."),
  n: z.literal(1).nullish().describe("Number of replies; only 1 is supported."),
  user: z.string().optional().describe("Id of the caller's own user, passed on."),
});
export type ChatCompletionRequest = z.infer<typeof chatCompletionRequestSchema>;

export const finishSchema = z.enum(["stop", "length", "tool_calls", "content_filter"]);
export type OpenAIFinish = z.infer<typeof finishSchema>;

export const usageSchema = z.object({
  prompt_tokens: z.int().describe("Tokens of the request."),
  completion_tokens: z.int().describe("Tokens of the reply."),
  total_tokens: z.int().describe("Tokens in all."),
});
export type Usage = z.infer<typeof usageSchema>;

/** Piece of a tool call; the first of an `index` has id and name, later ones only `arguments`. */
export const toolCallDeltaSchema = z.object({
  index: z.int().nonnegative().describe("Position in the list, from 0."),
  id: z.string().optional().describe("Id of the completion or call."),
  type: z.literal("function").optional().describe("Kind of the entry."),
  function: z
    .object({
      name: z.string().optional().describe("Name."),
      arguments: z.string().optional().describe("Arguments of the call, as JSON text."),
    })
    .optional()
    .describe("The function that is called."),
});
export type ToolCallDelta = z.infer<typeof toolCallDeltaSchema>;

/** `chat.completion.chunk`: `role` in the first delta only, `finish_reason` on the last, `id` and `created` the same throughout. */
export const chatChunkSchema = z.object({
  id: z.string().describe("Id of the completion or call."),
  object: z.literal("chat.completion.chunk").describe("Kind of the object."),
  created: z.int().describe("When it was created, Unix seconds."),
  model: z.string().describe("Id of the model."),
  system_fingerprint: z.string().describe("Version of the program that answered."),
  choices: z
    .array(
      z.object({
        index: z.literal(0).describe("Position in the list, from 0."),
        delta: z
          .object({
            role: z.literal("assistant").optional().describe("Who says it."),
            content: z.string().nullish().describe("Text of the message."),
            tool_calls: z.array(toolCallDeltaSchema).optional().describe("Tools that the model calls."),
          })
          .describe("What this chunk adds."),
        logprobs: z.null().describe("Log probabilities of the tokens, where they were asked for."),
        finish_reason: finishSchema.nullable().describe("How the reply ended."),
      }),
    )
    .describe("The reply. Exactly one choice."),
  usage: usageSchema.nullish().describe("Tokens that were used."),
});
export type ChatChunk = z.infer<typeof chatChunkSchema>;

/** Body of a non-streamed answer. */
export const chatCompletionSchema = z.object({
  id: z.string().describe("Id of the completion or call."),
  object: z.literal("chat.completion").describe("Kind of the object."),
  created: z.int().describe("When it was created, Unix seconds."),
  model: z.string().describe("Id of the model."),
  system_fingerprint: z.string().describe("Version of the program that answered."),
  choices: z
    .array(
      z.object({
        index: z.literal(0).describe("Position in the list, from 0."),
        message: z
          .object({
            role: z.literal("assistant").describe("Who says it."),
            content: z.string().nullable().describe("Text of the message."),
            refusal: z.null().describe("Text with which the model refused."),
            tool_calls: z.array(toolCallSchema).optional().describe("Tools that the model calls."),
          })
          .describe("The reply."),
        logprobs: z.null().describe("Log probabilities of the tokens, where they were asked for."),
        finish_reason: finishSchema.describe("How the reply ended."),
      }),
    )
    .describe("The reply. Exactly one choice."),
  usage: usageSchema.describe("Tokens that were used."),
});
export type ChatCompletion = z.infer<typeof chatCompletionSchema>;

/** OpenAI's error object; all four keys are always there. */
export const openaiErrorSchema = z.object({
  error: z
    .object({
      message: z.string().describe("The reply."),
      type: z.string().describe("Kind of the entry."),
      param: z.string().nullable().describe("Parameter that is wrong, or null."),
      code: z.string().nullable().describe("Code of the error or of the result."),
    })
    .describe("What went wrong, in words."),
});
export type OpenAIError = z.infer<typeof openaiErrorSchema>;

/** `GET /v1/models`. */
export const modelListSchema = z.object({
  object: z.literal("list").describe("Kind of the object."),
  data: z
    .array(
      z.object({
        id: z.string().describe("Id of the completion or call."),
        object: z.literal("model").describe("Kind of the object."),
        created: z.int().describe("When it was created, Unix seconds."),
        owned_by: z.string().describe("Who provides the model."),
      }),
    )
    .describe("The entries."),
});
export type ModelList = z.infer<typeof modelListSchema>;
