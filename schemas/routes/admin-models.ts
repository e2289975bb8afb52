import { z } from "zod";
import {
  baseUrlSchema,
  capabilitiesSchema,
  capabilitySchema,
  modelIdSchema,
  modelParamsSchema,
  modelSettingsSchema,
  providerNameSchema,
  providerTimesSchema,
  purposeSchema,
} from "../documents/model-settings.ts";
import { defineRoute } from "./route.ts";

const admin = { access: "admin", area: "admin" } as const;
const root = "/api/v1/admin/models";
const ofProvider = z.object({ name: providerNameSchema.describe("Name.") });
const ofModel = z.object({ id: modelIdSchema.describe("Id of the entry.") });
const ofPurpose = z.object({
  purpose: purposeSchema.describe("What models are used for: chat, vision, embedding, stt or tts."),
});

/** `GET /api/v1/admin/models/providers`: keys are masked. */
export const listProviders = defineRoute({
  ...admin,
  method: "get",
  path: `${root}/providers`,
  name: "providers",
  summary: "Model providers, their keys masked",
  answer: z.object({
    providers: z
      .array(
        providerTimesSchema.extend({
          name: z.string().describe("Name."),
          base_url: z.string().describe("Base URL of the OpenAI-compatible API."),
          api_key: z
            .string()
            .describe("API key of the provider. Stored encrypted, shown masked (`sk-…abcd`)."),
        }),
      )
      .describe("The providers."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
  }),
});

/**
 * `POST /api/v1/admin/models/providers/:name`: what is left out stays, and so does a key that is sent back as it was
 * shown, while the base URL stays.
 */
export const saveProvider = defineRoute({
  ...admin,
  method: "post",
  path: `${root}/providers/:name`,
  name: "provider-save",
  summary: "Create or change a provider; a masked key keeps the stored one, a new base URL drops it",
  params: ofProvider,
  body: providerTimesSchema.extend({
    name: z.string().optional().describe("Name."),
    base_url: baseUrlSchema.optional().describe("Base URL of the OpenAI-compatible API."),
    api_key: z
      .string()
      .max(1_024)
      .optional()
      .describe("API key of the provider. Stored encrypted, shown masked (`sk-…abcd`)."),
  }),
  answer: z.object({
    status: z.literal("saved").describe("Result of the request."),
    name: z.string().describe("Name."),
  }),
});

/** `DELETE /api/v1/admin/models/providers/:name`. */
export const deleteProvider = defineRoute({
  ...admin,
  method: "del",
  path: `${root}/providers/:name`,
  name: "provider-delete",
  summary: "Delete a provider and its key",
  params: ofProvider,
  answer: z.object({
    status: z.literal("deleted").describe("Result of the request."),
    name: z.string().describe("Name."),
  }),
});

/** `GET /api/v1/admin/models/models`. */
export const listStoredModels = defineRoute({
  ...admin,
  method: "get",
  path: `${root}/models`,
  name: "models",
  summary: "Configured models, priority 1 first",
  answer: z.object({
    models: z
      .array(
        z.object({
          id: z.string().describe("Id of the entry."),
          name: z.string().describe("Name."),
          provider: z.string().describe("Name of the provider."),
          description: z.string().describe("Description in words."),
          priority: z.int().describe("Order of preference, 1 first."),
          tags: z.array(z.string()).describe("Free words for sorting."),
          params: modelParamsSchema.describe("Default parameters of requests to the model."),
          capabilities: capabilitiesSchema.required().describe("What the model takes, as it is set."),
          learned: z
            .partialRecord(capabilitySchema, z.boolean())
            .describe("What the model was found not to take."),
          enabled: z.boolean().describe("Whether it is in use."),
          updated_at: z.iso.datetime().describe("When it was last changed, ISO 8601."),
        }),
      )
      .describe("The models."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
  }),
});

/** `POST /api/v1/admin/models/models/:id`: what is left out stays; a new model needs a provider, which may follow later. */
export const saveModel = defineRoute({
  ...admin,
  method: "post",
  path: `${root}/models/:id`,
  name: "model-save",
  summary: "Create or change a model",
  params: ofModel,
  body: modelSettingsSchema.partial().extend({ id: z.string().optional().describe("Id of the entry.") }),
  answer: z.object({
    status: z.literal("saved").describe("Result of the request."),
    id: z.string().describe("Id of the entry."),
  }),
});

/** `DELETE /api/v1/admin/models/models/:id`. */
export const deleteModel = defineRoute({
  ...admin,
  method: "del",
  path: `${root}/models/:id`,
  name: "model-delete",
  summary: "Delete a model",
  params: ofModel,
  answer: z.object({
    status: z.literal("deleted").describe("Result of the request."),
    id: z.string().describe("Id of the entry."),
  }),
});

/** `GET /api/v1/admin/models/routing`. */
export const listModelRoutes = defineRoute({
  ...admin,
  method: "get",
  path: `${root}/routing`,
  name: "routing",
  summary: "Which models answer for what",
  answer: z.object({
    rules: z
      .array(
        z.object({
          purpose: purposeSchema.describe("What models are used for: chat, vision, embedding, stt or tts."),
          fallback_chain: z.array(z.string()).describe("Models that are asked in order until one answers."),
          required: z.boolean().describe("Whether the purpose needs at least one model."),
        }),
      )
      .describe("The rules."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
  }),
});

/** `POST /api/v1/admin/models/routing/:purpose`. */
export const saveModelRoute = defineRoute({
  ...admin,
  method: "post",
  path: `${root}/routing/:purpose`,
  name: "routing-save",
  summary: "Set the models that answer for a purpose, first to last",
  params: ofPurpose,
  body: z.object({
    purpose: z.string().optional().describe("What models are used for: chat, vision, embedding, stt or tts."),
    fallback_chain: z
      .array(modelIdSchema)
      .max(16)
      .describe("Models that are asked in order until one answers."),
    required: z.boolean().optional().describe("Whether the purpose needs at least one model."),
  }),
  answer: z.object({
    status: z.literal("saved").describe("Result of the request."),
    purpose: purposeSchema.describe("What models are used for: chat, vision, embedding, stt or tts."),
  }),
});

/** `DELETE /api/v1/admin/models/routing/:purpose`. */
export const deleteModelRoute = defineRoute({
  ...admin,
  method: "del",
  path: `${root}/routing/:purpose`,
  name: "routing-delete",
  summary: "Return a purpose to the default models",
  params: ofPurpose,
  answer: z.object({
    status: z.literal("deleted").describe("Result of the request."),
    purpose: purposeSchema.describe("What models are used for: chat, vision, embedding, stt or tts."),
  }),
});

/** `POST /api/v1/admin/models/health-check`: asks the provider for one token; `latency_ms` is until that came. */
export const checkProvider = defineRoute({
  ...admin,
  method: "post",
  path: `${root}/health-check`,
  name: "health-check",
  summary: "Ask a provider for one token",
  body: z.object({ provider: providerNameSchema.describe("Name of the provider.") }),
  answer: z.object({
    provider: z.string().describe("Name of the provider."),
    message: z.string().describe("Text of the message."),
    ok: z.boolean().describe("Whether it worked."),
    model: z.string().optional().describe("Id of the model."),
    latency_ms: z.int().optional().describe("Time of the answer in milliseconds."),
    error: z.string().optional().describe("What went wrong, in words."),
  }),
});

/** `GET /api/v1/admin/models/fetch-models/:name`: `url` must be on the provider's own origin. */
export const fetchModels = defineRoute({
  ...admin,
  method: "get",
  path: `${root}/fetch-models/:name`,
  name: "fetch-models",
  summary: "Models that a provider says it has",
  params: ofProvider,
  query: z.object({ url: z.url().max(2_048).optional().describe("Address.") }),
  answer: z.object({
    provider: z.string().describe("Name of the provider."),
    models: z.array(z.looseObject({ id: z.string().describe("Id of the entry.") })).describe("The models."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
  }),
});
