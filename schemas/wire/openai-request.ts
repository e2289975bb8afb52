import { z } from "zod";
import { isObject } from "../json-object.ts";
import { chatMessageSchema } from "./openai.ts";

// Request of OpenAI's chat completions API (platform reference, 2026). A parameter of the reference is passed on or
// refused by name, one of a vendor is passed on as it is.

const functionToolSchema = z.looseObject({
  type: z.literal("function").describe("Kind of the tool."),
  function: z
    .looseObject({
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

/** A tool that the provider runs itself. Tools with free text in place of arguments are OpenAI's alone. */
const vendorToolSchema = z.looseObject({
  type: z
    .string()
    .max(64)
    .refine((type) => type !== "function" && type !== "custom", "is not supported")
    .describe("Kind of the tool."),
});

const refused = (why: string) => z.undefined(`is not supported${why}`).optional();

/** Sampling and tool parameters that go to a provider as they came. */
export const chatParamsSchema = z.looseObject({
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
  tools: z
    .array(z.union([functionToolSchema, vendorToolSchema]))
    .max(128)
    .optional()
    .describe("Tools that the model may call."),
  tool_choice: z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .optional()
    .describe("Whether and which tool the model must call."),
  parallel_tool_calls: z.boolean().optional().describe("Whether the model may call several tools at once."),
  response_format: z.record(z.string(), z.unknown()).optional().describe("Format of the answer."),
  reasoning_effort: z.string().max(32).optional().describe("How long the model should think."),
  verbosity: z.string().max(32).optional().describe("How long the answer should be."),
  logprobs: z.boolean().optional().describe("Whether log probabilities of the tokens are wanted."),
  top_logprobs: z
    .int()
    .min(0)
    .max(20)
    .optional()
    .describe("Number of alternative tokens returned at each position."),
  logit_bias: z.record(z.string(), z.number()).optional().describe("What is added to the logits of tokens."),
  metadata: z.record(z.string(), z.unknown()).optional().describe("Data of the caller, passed on."),
  prediction: z.record(z.string(), z.unknown()).optional().describe("Text that the answer will resemble."),
  service_tier: z.string().max(32).optional().describe("Service tier of the provider."),
  store: z.boolean().optional().describe("Whether the provider keeps the answer."),
  prompt_cache_key: z.string().max(512).optional().describe("Key of the provider's prompt cache."),
  prompt_cache_retention: z.string().max(32).optional().describe("How long the provider keeps its cache."),
  safety_identifier: z.string().max(512).optional().describe("Id of the caller's own user, passed on."),
  web_search_options: z.record(z.string(), z.unknown()).optional().describe("Options of a web search."),
  user: z.string().max(512).optional().describe("Id of the caller's own user, passed on."),
});
export type ChatParams = z.infer<typeof chatParamsSchema>;

const requestSchema = chatParamsSchema.extend({
  model: z.string().min(1).max(128).describe("Id of the model."),
  messages: z.array(chatMessageSchema).min(1).max(2048).describe("The messages, oldest first."),
  stream: z.boolean().optional().describe("Whether the reply comes as server-sent events."),
  stream_options: z
    .looseObject({ include_usage: z.boolean().optional().describe("Whether a last chunk tells the usage.") })
    .optional()
    .describe("Options of a streamed reply, such as `include_usage`."),
  n: z.literal(1).optional().describe("Number of replies; only 1 is supported."),
  modalities: z
    .tuple([z.literal("text")])
    .optional()
    .describe("Kinds of output; only text is supported."),
  audio: refused("").describe("Spoken output; not supported."),
  functions: refused(", use tools").describe("Older form of `tools`; not supported."),
  function_call: refused(", use tool_choice").describe("Older form of `tool_choice`; not supported."),
});

/** Body of `POST /v1/chat/completions`. A null is an absent parameter. */
export const chatCompletionRequestSchema = z.preprocess(withoutNulls, requestSchema);

/** Fields of the reference inside of parameters. Others are the caller's own data or a vendor's: their nulls stay. */
const referenceFields = new Set(
  (
    "content name tool_calls tool_call_id refusal audio reasoning_content function_call annotations text image_url url " +
    "detail input_audio file data format file_id file_data filename id function description strict parameters " +
    "include_usage include_obfuscation json_schema arguments"
  ).split(" "),
);
/** The caller's own JSON schemas and data. */
const ownData = new Set(["parameters", "schema", "metadata", "arguments", "logit_bias"]);

/** The body without the nulls of the reference's fields; those of vendors' fields and of the caller's data stay. */
function withoutNulls(body: unknown): unknown {
  return strippedObject(body, (name) => name in requestSchema.shape);
}

function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped);
  return strippedObject(value, (name) => referenceFields.has(name));
}

function strippedObject(value: unknown, isReference: (name: string) => boolean): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, one]) => one !== null || !isReference(name))
      .map(([name, one]) => [name, isReference(name) && !ownData.has(name) ? stripped(one) : one]),
  );
}
