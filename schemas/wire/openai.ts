import { z } from "zod";

// Wire shapes of OpenAI's chat completions API (platform reference, 2026). What vendors put beside them goes through as it is.

/** A part with text. */
const textPartSchema = z.looseObject({
  type: z.literal("text").describe("Kind of the part."),
  text: z.string().describe("The text."),
});

/** A picture; some clients give its address alone. */
const imagePartSchema = z.looseObject({
  type: z.literal("image_url").describe("Kind of the part."),
  image_url: z
    .preprocess(
      (value) => (typeof value === "string" ? { url: value } : value),
      z.looseObject({
        url: z.string().describe("Address."),
        detail: z
          .string()
          .optional()
          .describe("How closely the image is looked at: `auto`, `low` or `high`."),
      }),
    )
    .describe("Image as a data URI or web address."),
});

/** A part of another kind (`input_audio`, `file`, `refusal`, those of vendors), which the provider has to know. */
const otherPartSchema = z.looseObject({
  type: z
    .string()
    .max(64)
    .refine((type) => type !== "text" && type !== "image_url")
    .describe("Kind of the part."),
});

const contentPartSchema = z.union([textPartSchema, imagePartSchema, otherPartSchema]);
export type ContentPart = z.infer<typeof contentPartSchema>;

/** Whether a part is text. */
export function isTextPart(part: ContentPart): part is z.infer<typeof textPartSchema> {
  return part.type === "text";
}

/** Whether a part is a picture. */
export function isImagePart(part: ContentPart): part is z.infer<typeof imagePartSchema> {
  return part.type === "image_url";
}

const toolCallSchema = z.looseObject({
  id: z.string().describe("Id of the call."),
  type: z.literal("function").describe("Kind of the call."),
  function: z
    .looseObject({
      name: z.string().describe("Name."),
      arguments: z.string().describe("Arguments of the call, as JSON text."),
    })
    .describe("The function that is called."),
});

/** One message of a chat request, as models take it. */
export const chatMessageSchema = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]).describe("Who says it."),
  content: z
    .union([z.string(), z.array(contentPartSchema).max(1_024), z.null()])
    .optional()
    .describe("Text of the message."),
  name: z.string().optional().describe("Name."),
  reasoning_content: z.string().optional().describe("What the model thought before it answered."),
  tool_calls: z.array(toolCallSchema).max(256).optional().describe("Tools that the model calls."),
  tool_call_id: z.string().optional().describe("Id of the call that this message answers."),
});
export type ChatMessage = z.infer<typeof chatMessageSchema>;

export const finishSchema = z.enum(["stop", "length", "tool_calls", "content_filter"]);
export type OpenAIFinish = z.infer<typeof finishSchema>;

export const usageSchema = z.looseObject({
  prompt_tokens: z.int().describe("Tokens of the request."),
  completion_tokens: z.int().describe("Tokens of the reply."),
  total_tokens: z.int().describe("Tokens in all."),
});
export type Usage = z.infer<typeof usageSchema>;

/** Piece of a tool call; the first of an `index` has id and name, later ones only `arguments`. */
export const toolCallDeltaSchema = z.looseObject({
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
          .looseObject({
            role: z.literal("assistant").optional().describe("Who says it."),
            content: z.string().nullish().describe("Text of the message."),
            reasoning_content: z.string().optional().describe("What the model thinks before it answers."),
            tool_calls: z.array(toolCallDeltaSchema).optional().describe("Tools that the model calls."),
          })
          .describe("What this chunk adds."),
        logprobs: z
          .record(z.string(), z.unknown())
          .nullable()
          .describe("Log probabilities of the tokens, where they were asked for."),
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
          .looseObject({
            role: z.literal("assistant").describe("Who says it."),
            content: z.string().nullable().describe("Text of the message."),
            reasoning_content: z.string().optional().describe("What the model thought before it answered."),
            refusal: z.null().describe("Text with which the model refused."),
            tool_calls: z.array(toolCallSchema).optional().describe("Tools that the model calls."),
          })
          .describe("The reply."),
        logprobs: z
          .record(z.string(), z.unknown())
          .nullable()
          .describe("Log probabilities of the tokens, where they were asked for."),
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
