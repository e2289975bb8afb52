import { z } from "zod";
import {
  baseUrlSchema,
  modelIdSchema,
  modelParamsSchema,
  modelSettingsSchema,
  providerNameSchema,
  purposeSchema,
} from "../documents/model-settings.ts";
import { defineRoute } from "./route.ts";

const admin = { access: "admin", area: "admin" } as const;
const root = "/api/v1/admin/models";
const ofProvider = z.object({ name: providerNameSchema });
const ofModel = z.object({ id: modelIdSchema });
const ofPurpose = z.object({ purpose: purposeSchema });

/** `GET /api/v1/admin/models/providers`: keys are masked. */
export const listProviders = defineRoute({
  ...admin,
  method: "get",
  path: `${root}/providers`,
  name: "providers",
  summary: "Model providers, their keys masked",
  answer: z.object({
    providers: z.array(z.object({ name: z.string(), base_url: z.string(), api_key: z.string() })),
    total: z.int(),
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
  body: z.object({
    name: z.string().optional(),
    base_url: baseUrlSchema.optional(),
    api_key: z.string().max(1_024).optional(),
  }),
  answer: z.object({ status: z.literal("saved"), name: z.string() }),
});

/** `DELETE /api/v1/admin/models/providers/:name`. */
export const deleteProvider = defineRoute({
  ...admin,
  method: "del",
  path: `${root}/providers/:name`,
  name: "provider-delete",
  summary: "Delete a provider and its key",
  params: ofProvider,
  answer: z.object({ status: z.literal("deleted"), name: z.string() }),
});

/** `GET /api/v1/admin/models/models`. */
export const listStoredModels = defineRoute({
  ...admin,
  method: "get",
  path: `${root}/models`,
  name: "models",
  summary: "Configured models, priority 1 first",
  answer: z.object({
    models: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        provider: z.string(),
        description: z.string(),
        priority: z.int(),
        tags: z.array(z.string()),
        params: modelParamsSchema,
        enabled: z.boolean(),
        updated_at: z.iso.datetime(),
      }),
    ),
    total: z.int(),
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
  body: modelSettingsSchema.partial().extend({ id: z.string().optional() }),
  answer: z.object({ status: z.literal("saved"), id: z.string() }),
});

/** `DELETE /api/v1/admin/models/models/:id`. */
export const deleteModel = defineRoute({
  ...admin,
  method: "del",
  path: `${root}/models/:id`,
  name: "model-delete",
  summary: "Delete a model",
  params: ofModel,
  answer: z.object({ status: z.literal("deleted"), id: z.string() }),
});

/** `GET /api/v1/admin/models/routing`. */
export const listModelRoutes = defineRoute({
  ...admin,
  method: "get",
  path: `${root}/routing`,
  name: "routing",
  summary: "Which models answer for what",
  answer: z.object({
    rules: z.array(
      z.object({ purpose: purposeSchema, fallback_chain: z.array(z.string()), required: z.boolean() }),
    ),
    total: z.int(),
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
    purpose: z.string().optional(),
    fallback_chain: z.array(modelIdSchema).max(16),
    required: z.boolean().optional(),
  }),
  answer: z.object({ status: z.literal("saved"), purpose: purposeSchema }),
});

/** `DELETE /api/v1/admin/models/routing/:purpose`. */
export const deleteModelRoute = defineRoute({
  ...admin,
  method: "del",
  path: `${root}/routing/:purpose`,
  name: "routing-delete",
  summary: "Return a purpose to the default models",
  params: ofPurpose,
  answer: z.object({ status: z.literal("deleted"), purpose: purposeSchema }),
});

/** `POST /api/v1/admin/models/health-check`: asks the provider for one token; `latency_ms` is until that came. */
export const checkProvider = defineRoute({
  ...admin,
  method: "post",
  path: `${root}/health-check`,
  name: "health-check",
  summary: "Ask a provider for one token",
  body: z.object({ provider: providerNameSchema }),
  answer: z.object({
    provider: z.string(),
    message: z.string(),
    ok: z.boolean(),
    model: z.string().optional(),
    latency_ms: z.int().optional(),
    error: z.string().optional(),
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
  query: z.object({ url: z.url().max(2_048).optional() }),
  answer: z.object({
    provider: z.string(),
    models: z.array(z.looseObject({ id: z.string() })),
    total: z.int(),
  }),
});
