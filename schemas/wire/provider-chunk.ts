import { z } from "zod";
import { isObject } from "../json-object.ts";

// What OpenAI-compatible providers really send: fields are missing, null, of another type, or named by their own fashion.
// The schemas take every object; what the fields hold is read by the normaliser, which skips what it does not know.

const fields = z.record(z.string(), z.unknown());
const optionalFields = fields.nullish().catch(undefined);
/** A message, from some providers its text alone. */
const messageSchema = z.preprocess(
  (value) => (typeof value === "string" ? { content: value } : value),
  optionalFields,
);

/** A count of tokens, from some providers a text or a fraction. */
const countSchema = z.coerce.number().nonnegative().max(Number.MAX_SAFE_INTEGER).transform(Math.trunc);

/** A sum of two counts of tokens. A provider may report any number, and a sum outside the safe range is no integer. */
export function tokenSum(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

/** Usage with all that a provider adds to it (`prompt_tokens_details`, …); some use the names of other APIs. */
const providerUsageSchema = z
  .looseObject({
    prompt_tokens: countSchema.nullish().catch(undefined).describe("Tokens of the request."),
    completion_tokens: countSchema.nullish().catch(undefined).describe("Tokens of the reply."),
    input_tokens: countSchema.nullish().catch(undefined).describe("Tokens of the request, by another name."),
    output_tokens: countSchema.nullish().catch(undefined).describe("Tokens of the reply, by another name."),
  })
  .transform(({ input_tokens, output_tokens, ...usage }) => {
    const prompt = usage.prompt_tokens ?? input_tokens;
    const completion = usage.completion_tokens ?? output_tokens;
    if (typeof prompt !== "number" || typeof completion !== "number") return undefined;
    return {
      ...usage,
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: tokenSum(prompt, completion),
    };
  });

/** One choice of an answer, streamed (`delta`) or whole (`message`, or `text` as completions have it). */
const providerChoiceSchema = z.looseObject({
  index: z.unknown().optional().describe("Position of the choice."),
  delta: messageSchema.describe("What this chunk adds."),
  message: messageSchema.describe("The whole message."),
  text: z.unknown().optional().describe("Text of a plain completion."),
  finish_reason: z.unknown().optional().describe("How the reply ended."),
  finishReason: z.unknown().optional().describe("The same by another name."),
  logprobs: optionalFields.describe("Probabilities of the tokens."),
});

/** One `data:` of a streamed answer, or a whole answer. */
export const providerChunkSchema = z.looseObject({
  object: z.unknown().optional().describe("Kind of the object."),
  choices: z
    .preprocess((value) => (isObject(value) ? [value] : value), z.array(providerChoiceSchema).nullish())
    .catch(undefined)
    .describe("The reply."),
  usage: providerUsageSchema.nullish().catch(undefined).describe("Tokens that were used."),
  error: z.unknown().optional().describe("Error in place of a reply."),
});
export type ProviderChoice = z.infer<typeof providerChoiceSchema>;

/** A part of a content that is a list; which field holds the text depends on the type. */
export const providerPartSchema = z.union([
  z.string(),
  z.looseObject({
    type: z.string().catch("text").describe("Kind of the part."),
    text: z.unknown().optional().describe("Text of the part."),
    thinking: z.unknown().optional().describe("What the model thinks."),
  }),
]);

/** A piece of a tool call, as a stream brings it, or a whole call. */
export const providerToolCallSchema = z.looseObject({
  index: z.coerce
    .number()
    .int()
    .nonnegative()
    .nullish()
    .catch(undefined)
    .describe("Position in the list, from 0."),
  id: z
    .union([z.string(), z.number().transform(String)])
    .nullish()
    .catch(undefined)
    .describe("Id of the call."),
  function: optionalFields.describe("The function that is called."),
});
export type ProviderToolCall = z.infer<typeof providerToolCallSchema>;

/** Error object of a provider, as far as it tells what is wrong; OpenAI's, FastAPI's `detail`, or a plain text. */
export const providerErrorSchema = z.looseObject({
  error: z.unknown().optional().describe("Error in place of a reply."),
  message: z.unknown().optional().describe("The error in words."),
  detail: z.unknown().optional().describe("The error in words, as FastAPI gives it."),
  code: z.unknown().optional().describe("Code or status of the error."),
  type: z.unknown().optional().describe("Kind of the error."),
  param: z.unknown().optional().describe("Field of the request at fault."),
});

/** Answer of a provider's `GET /models`, as far as it is used. */
export const providerModelsSchema = z.object({
  data: z
    .array(z.object({ id: z.string().min(1).max(128).describe("Id of the entry.") }))
    .describe("Data of the entry."),
});
