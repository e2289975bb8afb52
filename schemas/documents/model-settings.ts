import { z } from "zod";

// Model settings of the administrator: providers, models, and the chain of models per purpose.

/** Purpose of a chain of models. */
export const purposeSchema = z.enum(["chat", "vision", "embedding", "stt", "tts"]);
export type Purpose = z.infer<typeof purposeSchema>;

/** Name of a provider. */
export const providerNameSchema = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u, "must be 1 to 64 letters, digits, '.', '_' or '-'");

/** Id of a model, as clients and chains name it. */
export const modelIdSchema = z
  .string()
  .regex(/^[\p{L}\p{N}@][\p{L}\p{N}@._:/+-]{0,127}$/u, "must be 1 to 128 letters, digits or @._:/+-");

/** Base URL of an OpenAI-compatible API; set by the administrator, so local addresses are allowed. */
export const baseUrlSchema = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .max(2048)
  .transform((url) => url.replace(/\/+$/, ""))
  .refine((url) => !/[?#]/.test(url) && new URL(url).username === "", "must be a plain http or https URL");

/** A stored key: AES-256-GCM, bound to its provider and base URL; parts in base64. */
export const sealedKeySchema = z.object({
  iv: z.string().describe("Initialization vector, base64."),
  tag: z.string().describe("Authentication tag, base64."),
  data: z.string().describe("Data of the entry."),
});
export type SealedKey = z.infer<typeof sealedKeySchema>;

const seconds = () => z.number().min(0.1).max(3_600).nullable().optional();

/** Timeouts of a provider; unset or null = the installation's limits. */
export const providerTimesSchema = z.object({
  connect_s: seconds().describe("s to connect to the provider"),
  first_token_s: seconds().describe(
    "s without a byte from the provider before its first token, headers included",
  ),
  idle_s: seconds().describe("s without a byte from the provider behind its first token"),
});
export type ProviderTimesSettings = z.infer<typeof providerTimesSchema>;

/** A document of `model_providers`. */
export const providerDocumentSchema = z.object({
  _id: z.string().describe("The provider's name."),
  base_url: z.string().describe("Base URL of the OpenAI-compatible API."),
  api_key: sealedKeySchema
    .optional()
    .describe("API key of the provider. Stored encrypted, shown masked (`sk-…abcd`)."),
  ...providerTimesSchema.shape,
  updated_at: z.date().describe("When it was last changed, ISO 8601."),
});
export type ProviderDocument = z.infer<typeof providerDocumentSchema>;

/**
 * Parameters sent with every call of a model, unless the call overrides them; `context_tokens` is not sent
 * and limits the prompt, `model` replaces the model name in the request.
 */
export const modelParamsSchema = z
  .looseObject({
    context_tokens: z
      .int()
      .min(256)
      .max(10_000_000)
      .optional()
      .describe("Size of the model's context in tokens."),
    model: z.string().min(1).max(128).optional().describe("Id of the model."),
  })
  .refine((params) => JSON.stringify(params).length <= 16_384, "must have at most 16384 characters");

/** Features that some models reject. */
export const capabilitySchema = z.enum([
  "tools",
  "stream_options",
  "system_role",
  "repeated_roles",
  "images",
]);
export type Capability = z.infer<typeof capabilitySchema>;

const capability = () => z.union([z.boolean(), z.literal("auto")]).optional();

/** Supported features of a model; "auto" (the default) = tried, and disabled after a rejection. */
export const capabilitiesSchema = z.object({
  tools: capability().describe("whether Parley offers its tools to the model"),
  stream_options: capability().describe("whether the usage of a stream is asked for; else it is estimated"),
  system_role: capability().describe("whether messages may have the role system; else they are the user's"),
  repeated_roles: capability().describe("whether two messages of one role may follow one another"),
  images: capability().describe("whether messages may hold pictures; else they are described in words"),
});
export type CapabilitySettings = z.infer<typeof capabilitiesSchema>;

/** A document of `model_refusals`: features that a model rejected. `_id` is its base URL and model name. */
export const modelRefusalsSchema = z.object({
  _id: z.string().describe("Base URL of the provider and name of the model there."),
  refused: z.array(capabilitySchema).describe("What the model was found not to take."),
  updated_at: z.date().describe("When it was last changed."),
});
export type ModelRefusals = z.infer<typeof modelRefusalsSchema>;

/** A model without its id. `priority` 1 comes first. */
export const modelSettingsSchema = z.object({
  name: z.string().min(1).max(128).describe("Name."),
  provider: providerNameSchema.describe("Name of the provider."),
  description: z.string().max(2_000).describe("Description in words."),
  priority: z.int().min(0).max(1_000_000).describe("Order of preference, 1 first."),
  tags: z.array(z.string().min(1).max(64)).max(32).describe("Free words for sorting."),
  params: modelParamsSchema.describe("Default parameters of requests to the model."),
  capabilities: capabilitiesSchema.optional().describe("What the model takes."),
  enabled: z.boolean().describe("Whether it is in use."),
});
export type ModelSettings = z.infer<typeof modelSettingsSchema>;

/** Defaults of a new model. */
export const modelDefaults = { description: "", priority: 100, tags: [], params: {}, enabled: true };

/** A document of `models`. */
export const modelDocumentSchema = modelSettingsSchema.extend({
  _id: z.string().describe("The model's id."),
  updated_at: z.date().describe("When it was last changed, ISO 8601."),
});
export type ModelDocument = z.infer<typeof modelDocumentSchema>;

/** A document of `model_routes`: the models that answer for a purpose, first to last. */
export const routeDocumentSchema = z.object({
  _id: purposeSchema.describe("Key of the document."),
  fallback_chain: z.array(z.string()).describe("Models that are asked in order until one answers."),
  required: z.boolean().describe("Whether the purpose needs at least one model."),
  updated_at: z.date().describe("When it was last changed, ISO 8601."),
});
export type RouteDocument = z.infer<typeof routeDocumentSchema>;
