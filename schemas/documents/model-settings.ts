import { z } from "zod";

// What the administrator configures of models: providers, models, and which of them answer for what.

/** What a chain of models is for. */
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

/** Base URL of an OpenAI-compatible API; it is the administrator's and may be local. */
export const baseUrlSchema = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .max(2048)
  .transform((url) => url.replace(/\/+$/, ""))
  .refine((url) => !/[?#]/.test(url) && new URL(url).username === "", "must be a plain http or https URL");

/** A key as it is stored: AES-256-GCM, bound to its provider and base URL; parts in base64. */
export const sealedKeySchema = z.object({
  iv: z.string().describe("Initialization vector, base64."),
  tag: z.string().describe("Authentication tag, base64."),
  data: z.string().describe("Data of the entry."),
});
export type SealedKey = z.infer<typeof sealedKeySchema>;

/** A document of `model_providers`. */
export const providerDocumentSchema = z.object({
  _id: z.string().describe("The provider's name."),
  base_url: z.string().describe("Base URL of the OpenAI-compatible API."),
  api_key: sealedKeySchema
    .optional()
    .describe("API key of the provider. Stored encrypted, shown masked (`sk-…abcd`)."),
  updated_at: z.date().describe("When it was last changed, ISO 8601."),
});
export type ProviderDocument = z.infer<typeof providerDocumentSchema>;

/**
 * What goes to the provider with every call of a model, unless the call says else; `context_tokens` stays here and
 * bounds the prompt, `model` replaces the name under which the provider is asked.
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

/** What a model is, but for its id. `priority` 1 comes first. */
export const modelSettingsSchema = z.object({
  name: z.string().min(1).max(128).describe("Name."),
  provider: providerNameSchema.describe("Name of the provider."),
  description: z.string().max(2_000).describe("Description in words."),
  priority: z.int().min(0).max(1_000_000).describe("Order of preference, 1 first."),
  tags: z.array(z.string().min(1).max(64)).max(32).describe("Free words for sorting."),
  params: modelParamsSchema.describe("Default parameters of requests to the model."),
  enabled: z.boolean().describe("Whether it is in use."),
});
export type ModelSettings = z.infer<typeof modelSettingsSchema>;

/** What is not said of a new model. */
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
