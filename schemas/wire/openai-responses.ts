import { z } from "zod";

// Request of OpenAI's responses API (platform reference, 2026), the part that needs no stored conversation.

const text = (doc: string) => z.string().describe(doc);
const refused = (why: string) => z.undefined(`is not supported${why}`).optional();

const inputPartSchema = z.union([
  z.looseObject({
    type: z.enum(["input_text", "output_text", "text", "summary_text", "reasoning_text"]).describe("Kind."),
    text: text("The text."),
  }),
  z.looseObject({ type: z.literal("refusal").describe("Kind."), refusal: text("Text of the refusal.") }),
  z.looseObject({
    type: z.literal("input_image").describe("Kind."),
    image_url: text("Image as a data URI or web address."),
    detail: z.string().optional().describe("How closely the image is looked at."),
  }),
  z.looseObject({
    type: z.literal("input_file").describe("Kind."),
    filename: z.string().optional().describe("Name of the file."),
    file_data: text("The file as a data URI."),
  }),
]);
export type ResponsePart = z.infer<typeof inputPartSchema>;

const contentSchema = z.union([z.string(), z.array(inputPartSchema).max(1_024)]);

const messageItemSchema = z.looseObject({
  type: z.literal("message").optional().describe("Kind."),
  role: z.enum(["user", "assistant", "system", "developer"]).describe("Who says it."),
  content: contentSchema.describe("Text of the message."),
});
const callItemSchema = z.looseObject({
  type: z.literal("function_call").describe("Kind."),
  call_id: text("Id of the call."),
  name: text("Name of the function."),
  arguments: text("Arguments of the call, as JSON text."),
});
const outputItemSchema = z.looseObject({
  type: z.literal("function_call_output").describe("Kind."),
  call_id: text("Id of the call."),
  output: contentSchema.describe("What the function answered."),
});
const reasoningItemSchema = z.looseObject({
  type: z.literal("reasoning").describe("Kind."),
  summary: z.array(inputPartSchema).optional().describe("What the model thought."),
  content: z.array(inputPartSchema).optional().describe("What the model thought, in full."),
});
const referenceItemSchema = z.looseObject({
  type: z.literal("item_reference").describe("Kind."),
  id: text("Id of an item of an earlier response."),
});

/** One item of the input or the output. */
export const responseItemSchema = z.union([
  callItemSchema,
  outputItemSchema,
  reasoningItemSchema,
  referenceItemSchema,
  messageItemSchema,
]);
export type ResponseItem = z.infer<typeof responseItemSchema>;

const toolSchema = z.looseObject({
  type: z.string().max(64).describe("Kind of the tool."),
  name: z.string().max(64).optional().describe("Name of the function."),
  description: z.string().optional().describe("Description in words."),
  parameters: z.record(z.string(), z.unknown()).optional().describe("Parameters, as a JSON schema."),
  strict: z.boolean().optional().describe("Whether arguments must match the schema exactly."),
});

const requestSchema = z.looseObject({
  model: z.string().min(1).max(128).describe("Id of the model."),
  input: z.union([z.string(), z.array(responseItemSchema).min(1).max(2_048)]).describe("What is asked."),
  instructions: z.string().optional().describe("System prompt."),
  stream: z.boolean().optional().describe("Whether the reply comes as server-sent events."),
  max_output_tokens: z.int().positive().max(1_000_000).optional().describe("Most tokens of the reply."),
  temperature: z.number().min(0).max(2).optional().describe("Sampling temperature, 0 to 2."),
  top_p: z.number().min(0).max(1).optional().describe("Share of probability that is considered."),
  tools: z.array(toolSchema).max(128).optional().describe("Tools that the model may call."),
  tool_choice: z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .optional()
    .describe("Whether and which tool the model must call."),
  parallel_tool_calls: z.boolean().optional().describe("Whether several tools may be called at once."),
  reasoning: z
    .looseObject({ effort: z.string().max(32).optional().describe("How long the model should think.") })
    .optional()
    .describe("How the model thinks."),
  text: z
    .looseObject({
      format: z.record(z.string(), z.unknown()).optional().describe("Format of the answer."),
      verbosity: z.string().max(32).optional().describe("How long the answer should be."),
    })
    .optional()
    .describe("Form of the answer."),
  metadata: z.record(z.string(), z.unknown()).optional().describe("Data of the caller."),
  store: z.boolean().optional().describe("Whether items of the answer may be referred to for an hour."),
  include: z.array(z.string()).optional().describe("More that the answer should hold; taken and not used."),
  truncation: z.enum(["disabled", "auto"]).optional().describe("Taken and not used."),
  stream_options: z.record(z.string(), z.unknown()).optional().describe("Taken and not used."),
  max_tool_calls: z.int().optional().describe("Taken and not used: tools are the caller's."),
  top_logprobs: z
    .int()
    .min(0)
    .max(20)
    .optional()
    .describe("Number of alternative tokens returned at each position."),
  previous_response_id: refused(": send the whole conversation").describe("Not supported."),
  conversation: refused(": send the whole conversation").describe("Not supported."),
  background: z.literal(false, "is not supported").optional().describe("Only false is supported."),
  prompt: refused("").describe("Not supported."),
});

/** Body of `POST /v1/responses`. A null is an absent parameter. */
export const responseRequestSchema = z.preprocess((body) => withoutNulls(body), requestSchema);
export type ResponseRequest = z.infer<typeof requestSchema>;

/** The caller's own JSON schemas and data, in which a null says something. */
const ownData = new Set(["parameters", "schema", "metadata", "arguments"]);

function withoutNulls(value: unknown, depth = 0): unknown {
  if (Array.isArray(value)) return value.map((one) => withoutNulls(one, depth + 1));
  if (typeof value !== "object" || value === null || depth > 16) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, one]) => one !== null || (depth === 0 && !(name in requestSchema.shape)))
      .map(([name, one]) => [name, ownData.has(name) ? one : withoutNulls(one, depth + 1)]),
  );
}
