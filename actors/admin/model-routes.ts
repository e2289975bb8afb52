import {
  type CapabilitySettings,
  capabilitySchema,
  type ModelDocument,
  modelDefaults,
  modelSettingsSchema,
  type ProviderTimesSettings,
} from "../../schemas/documents/model-settings.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import * as routes from "../../schemas/routes/admin-models.ts";
import { maskKey } from "../models/key-cipher.ts";
import { refusalsId } from "../models/provider/learned.ts";
import { type ModelConfiguration, type SettingsStore, toMs, toSeconds } from "../models/settings-store.ts";
import { upstreamName } from "../models/stored-source.ts";
import { type RestContext, serveRoute } from "../requests/rest.ts";
import { keyAfter } from "./provider-key.ts";
import { listRemoteModels, probe } from "./provider-probe.ts";

const probeMessage = "Provider 配置已保存,连接测试请通过实际 LLM 调用验证";

/** Serves the configuration of providers, models and routes. */
export function serveModelSettings(context: RestContext, store: SettingsStore): void {
  serveProviders(context, store);
  serveModels(context, store);
  serveRouting(context, store);
  serveProbes(context, store);
}

function serveProviders(context: RestContext, store: SettingsStore): void {
  serveRoute(context, routes.listProviders, async () => {
    const { providers } = await store.read();
    return {
      providers: providers.map(({ name, baseUrl, apiKey, ...times }) => ({
        name,
        base_url: baseUrl,
        api_key: maskKey(apiKey ?? ""),
        ...toSeconds(times),
      })),
      total: providers.length,
    };
  });
  serveRoute(context, routes.saveProvider, async ({ params: { name }, body }) => {
    assertSame("name", name, body.name);
    const { providers } = await store.read();
    const stored = providers.find((provider) => provider.name === name);
    if (stored === undefined) assertRoom(context.settings.limits, providers.length);
    const baseUrl = body.base_url ?? stored?.baseUrl;
    if (baseUrl === undefined) throw missing("base_url");
    const apiKey = keyAfter(stored, baseUrl, body.api_key);
    await store.saveProvider({ name, baseUrl, apiKey, ...timesAfter(toSeconds(stored ?? {}), body) });
    return { status: "saved" as const, name };
  });
  serveRoute(context, routes.deleteProvider, async ({ params: { name } }) => {
    if (!(await store.deleteProvider(name))) throw new ParleyError("not_found", { error: "Provider 不存在" });
    return { status: "deleted" as const, name };
  });
}

function serveModels(context: RestContext, store: SettingsStore): void {
  serveRoute(context, routes.listStoredModels, async () => {
    const configuration = await store.read();
    const { models } = configuration;
    return {
      models: models.map((model) => {
        const { _id: id, updated_at, ...settings } = model;
        const capabilities = effectiveCapabilities(model.capabilities);
        const learned = learnedOf(model, configuration);
        return { id, ...settings, capabilities, learned, updated_at: updated_at.toISOString() };
      }),
      total: models.length,
    };
  });
  serveRoute(context, routes.saveModel, async ({ params: { id }, body: { id: named, ...settings } }) => {
    assertSame("id", id, named);
    const { models, providers } = await store.read();
    const stored = models.find(({ _id }) => _id === id);
    if (stored === undefined) assertRoom(context.settings.limits, models.length);
    const changes = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
    const whole = modelSettingsSchema.safeParse({ name: id, ...modelDefaults, ...stored, ...changes });
    if (!whole.success) throw missing("provider");
    // Saving a model clears its learned refusals, so that everything is tried again.
    for (const document of [stored, { _id: id, ...whole.data }]) {
      const refusals = document && refusalsOf(document, providers);
      if (refusals !== undefined) await store.deleteRefusals(refusals);
    }
    await store.saveModel(id, whole.data);
    return { status: "saved" as const, id };
  });
  serveRoute(context, routes.deleteModel, async ({ params: { id } }) => {
    if (!(await store.deleteModel(id))) throw new ParleyError("not_found", { error: "模型不存在" });
    return { status: "deleted" as const, id };
  });
}

function serveRouting(context: RestContext, store: SettingsStore): void {
  serveRoute(context, routes.listModelRoutes, async () => {
    const rules = (await store.read()).routes.map(({ _id: purpose, fallback_chain, required }) => {
      return { purpose, fallback_chain, required };
    });
    return { rules, total: rules.length };
  });
  serveRoute(context, routes.saveModelRoute, async ({ params: { purpose }, body }) => {
    assertSame("purpose", purpose, body.purpose);
    const stored = (await store.read()).routes.find(({ _id }) => _id === purpose);
    const required = body.required ?? stored?.required ?? false;
    if (required && body.fallback_chain.length === 0) throw missing("fallback_chain");
    await store.saveRoute(purpose, { fallback_chain: body.fallback_chain, required });
    return { status: "saved" as const, purpose };
  });
  serveRoute(context, routes.deleteModelRoute, async ({ params: { purpose } }) => {
    if (!(await store.deleteRoute(purpose))) throw new ParleyError("not_found", { error: "路由规则不存在" });
    return { status: "deleted" as const, purpose };
  });
}

function serveProbes(context: RestContext, store: SettingsStore): void {
  const { limits } = context.settings;
  serveRoute(context, routes.checkProvider, async ({ body: { provider: name } }) => {
    const { providers, models } = await store.read();
    const provider = providers.find((one) => one.name === name);
    if (provider === undefined) throw new ParleyError("not_found", { error: "Provider 不存在" });
    const model = models.find((one) => one.provider === name && one.enabled);
    const called = model?.params.model ?? (model && upstreamName(model));
    return { provider: name, message: probeMessage, ...(await probe(provider, called, limits)) };
  });
  serveRoute(context, routes.fetchModels, async ({ params: { name }, query }) => {
    const provider = await store.provider(name);
    if (provider === undefined) throw new ParleyError("not_found", { error: "Provider 不存在" });
    const models = await listRemoteModels(provider, query.url, limits);
    return { provider: name, models, total: models.length };
  });
}

/** Timeouts of a provider after a save: omitted fields keep their value, null restores the default. */
function timesAfter(stored: ProviderTimesSettings, changes: ProviderTimesSettings) {
  const {
    connect_s = stored.connect_s,
    first_token_s = stored.first_token_s,
    idle_s = stored.idle_s,
  } = changes;
  return toMs({ connect_s, first_token_s, idle_s });
}

function effectiveCapabilities(set: CapabilitySettings = {}): Required<CapabilitySettings> {
  const { tools, stream_options, system_role, repeated_roles, images } = set;
  return {
    tools: tools ?? "auto",
    stream_options: stream_options ?? "auto",
    system_role: system_role ?? "auto",
    repeated_roles: repeated_roles ?? "auto",
    images: images ?? "auto",
  };
}

function learnedOf(model: ModelDocument, { providers, refusals }: ModelConfiguration) {
  const id = refusalsOf(model, providers);
  const refused = refusals.find(({ _id }) => _id === id)?.refused ?? [];
  return Object.fromEntries(
    capabilitySchema.options.filter((one) => refused.includes(one)).map((one) => [one, false]),
  );
}

/** Id of the refusals learned for a model; undefined while its provider does not exist. */
function refusalsOf(
  model: Pick<ModelDocument, "_id" | "name" | "provider" | "params">,
  providers: ModelConfiguration["providers"],
): string | undefined {
  const provider = providers.find(({ name }) => name === model.provider);
  return provider && refusalsId(provider.baseUrl, model.params.model ?? upstreamName(model));
}

/** The body may repeat a path parameter. @throws ParleyError `invalid_request` when the two differ */
function assertSame(field: string, path: string, body: string | undefined): void {
  if (body === undefined || body === "" || body === path) return;
  throw new ParleyError("invalid_request", { error: `请求参数错误: ${field} 与路径不一致` });
}

function missing(field: string): ParleyError {
  return new ParleyError("invalid_request", { error: `请求参数错误: ${field} 不能为空` });
}

function assertRoom({ modelSettings }: Limits, count: number): void {
  if (count >= modelSettings) throw new ParleyError("conflict", { error: `最多 ${modelSettings} 项` });
}
