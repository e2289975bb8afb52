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
export const sealedKeySchema = z.object({ iv: z.string(), tag: z.string(), data: z.string() });
export type SealedKey = z.infer<typeof sealedKeySchema>;

/** A document of `model_providers`. */
export const providerDocumentSchema = z.object({
  /** The provider's name. */
  _id: z.string(),
  base_url: z.string(),
  api_key: sealedKeySchema.optional(),
  updated_at: z.date(),
});
export type ProviderDocument = z.infer<typeof providerDocumentSchema>;

/**
 * What goes to the provider with every call of a model, unless the call says else; `context_tokens` stays here and
 * bounds the prompt, `model` replaces the name under which the provider is asked.
 */
export const modelParamsSchema = z
  .looseObject({
    context_tokens: z.int().min(256).max(10_000_000).optional(),
    model: z.string().min(1).max(128).optional(),
  })
  .refine((params) => JSON.stringify(params).length <= 16_384, "must have at most 16384 characters");

/** What a model is, but for its id. `priority` 1 comes first. */
export const modelSettingsSchema = z.object({
  name: z.string().min(1).max(128),
  provider: providerNameSchema,
  description: z.string().max(2_000),
  priority: z.int().min(0).max(1_000_000),
  tags: z.array(z.string().min(1).max(64)).max(32),
  params: modelParamsSchema,
  enabled: z.boolean(),
});
export type ModelSettings = z.infer<typeof modelSettingsSchema>;

/** What is not said of a new model. */
export const modelDefaults = { description: "", priority: 100, tags: [], params: {}, enabled: true };

/** A document of `models`. */
export const modelDocumentSchema = modelSettingsSchema.extend({
  /** The model's id. */
  _id: z.string(),
  updated_at: z.date(),
});
export type ModelDocument = z.infer<typeof modelDocumentSchema>;

/** A document of `model_routes`: the models that answer for a purpose, first to last. */
export const routeDocumentSchema = z.object({
  _id: purposeSchema,
  fallback_chain: z.array(z.string()),
  required: z.boolean(),
  updated_at: z.date(),
});
export type RouteDocument = z.infer<typeof routeDocumentSchema>;
