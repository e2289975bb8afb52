import type { z } from "zod";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { fetchModels } from "../../schemas/routes/admin-models.ts";
import { providerModelsSchema } from "../../schemas/wire/provider-chunk.ts";
import { boundedFetch } from "../models/bounded-fetch.ts";
import { createClient, listProviderModels } from "../models/openai-provider.ts";
import { createOpenAIDriver } from "../models/provider/driver.ts";
import { LearnedCapabilities } from "../models/provider/learned.ts";
import { llmUnavailable } from "../models/provider-error.ts";
import type { StoredProvider } from "../models/settings-store.ts";

/** Result of a one-token request to a provider. */
export interface Probe {
  ok: boolean;
  model?: string;
  /** Time to the first token, ms. */
  latency_ms?: number;
  error?: string;
}

/** Time limit of a probe; it must fit in the request timeout. */
const tokenMs = 6_000;
const listMs = 2_500;
const bodyBytes = 4 * 1024 * 1024;
const mostModels = 2_000;

/** Requests one token of `model`, or of the first model that the provider lists. */
export async function probe(
  provider: StoredProvider,
  model: string | undefined,
  limits: Limits,
): Promise<Probe> {
  const bounds = {
    ...limits,
    providerRetries: 0,
    providerConnectMs: Math.min(limits.providerConnectMs, tokenMs),
    providerFirstTokenMs: Math.min(limits.providerFirstTokenMs, tokenMs),
    providerListMs: Math.min(limits.providerListMs, listMs),
  };
  const client = createClient(provider, bounds);
  let target = model;
  try {
    target ??= (await listProviderModels(client, bounds))[0];
    if (target === undefined) return { ok: false, error: "Provider 未列出任何模型" };
    const began = performance.now();
    const call = {
      messages: [{ role: "user" as const, content: "ping" }],
      params: { max_tokens: 1 },
      signal: AbortSignal.timeout(tokenMs),
      user: "admin",
    };
    const learned = new LearnedCapabilities(() => Promise.resolve());
    const capabilities = learned.of(provider.baseUrl, target);
    const driver = createOpenAIDriver({ provider, model: target, limits: bounds, capabilities });
    for await (const delta of driver.stream(call)) {
      if (delta.kind === "start") continue;
      return { ok: true, model: target, latency_ms: Math.round(performance.now() - began) };
    }
    return { ok: false, model: target, error: "Provider 没有回复" };
  } catch (err) {
    const timedOut = err instanceof DOMException && err.name === "TimeoutError";
    const error = timedOut ? "上游未及时开始回复" : (err as Error).message;
    return { ok: false, ...(target !== undefined && { model: target }), error };
  }
}

/**
 * Lists the models of a provider, from `url` if set.
 * @throws ParleyError `url_not_allowed` for another origin than the provider's, `llm_unavailable` when the
 * request fails
 */
export async function listRemoteModels(
  { baseUrl, apiKey }: StoredProvider,
  url: string | undefined,
  limits: Limits,
): Promise<z.output<typeof fetchModels.answer>["models"]> {
  const from = new URL(url ?? `${baseUrl}/models`);
  if (from.origin !== new URL(baseUrl).origin || from.username !== "" || from.password !== "")
    throw new ParleyError("url_not_allowed", { hint: "url 必须与 Provider 的 base_url 同源" });
  let listed: unknown;
  try {
    const response = await boundedFetch({ bodyBytes, lineBytes: bodyBytes })(from, {
      headers: { accept: "application/json", ...(apiKey && { authorization: `Bearer ${apiKey}` }) },
      // A redirect could send the key to another host.
      redirect: "error",
      signal: AbortSignal.timeout(limits.providerListMs),
    });
    if (!response.ok) throw llmUnavailable(`上游错误 (${response.status})`);
    listed = await response.json();
  } catch (cause) {
    throw cause instanceof ParleyError ? cause : llmUnavailable("无法获取模型列表", cause);
  }
  const parsed = providerModelsSchema.safeParse(Array.isArray(listed) ? { data: listed } : listed);
  if (!parsed.success) throw llmUnavailable("上游返回的模型列表无效", parsed.error);
  return parsed.data.data.slice(0, mostModels);
}
