import type { Logger } from "../../infra/log.ts";
import type { Settings } from "../../infra/settings.ts";
import { defaultContextTokens, type Link, type ModelSource } from "./catalog.ts";
import { createClient, listProviderModels } from "./openai-provider.ts";
import { createOpenAIDriver } from "./provider/driver.ts";
import type { LearnedCapabilities } from "./provider/learned.ts";

const officialUrl = "https://api.openai.com/v1";
// Minimum interval between two listings that are triggered by unknown names.
const askAgainMs = 10_000;
// Aggregators list several hundred models.
const maxListed = 2_000;

/** A source that also defines the default chain. */
export interface ProviderSource extends ModelSource {
  /** The configured models in order; without any, the first listed model. */
  chain(): Link[];
  /** Lists the provider's models again, unless that was done recently; never throws. */
  refresh(): Promise<void>;
}

/**
 * The provider of `OPENAI_BASE_URL`, `OPENAI_API_KEY` and `OPENAI_MODEL` (a comma-separated list is a chain);
 * undefined when neither URL nor key is set. Its models are listed in the background.
 */
export function environmentSource(
  settings: Settings,
  log: Logger,
  startedAt: number,
  learned: LearnedCapabilities,
): ProviderSource | undefined {
  const { openaiBaseUrl, openaiApiKey, openaiModel, limits } = settings;
  if (openaiBaseUrl === undefined && openaiApiKey === undefined) return undefined;
  const baseUrl = openaiBaseUrl ?? officialUrl;
  const owner = new URL(baseUrl).hostname;
  const provider = { baseUrl, apiKey: openaiApiKey };
  const client = createClient(provider, limits);
  const toLink = (id: string): Link => {
    const capabilities = learned.of(baseUrl, id);
    return {
      info: { id, owned_by: owner, created: startedAt, contextTokens: defaultContextTokens },
      driver: createOpenAIDriver({ provider, model: id, limits, capabilities }),
      takesImages: () => capabilities.known().images,
    };
  };
  const names = (openaiModel ?? "").split(",").map((name) => name.trim());
  const configured = [...new Set(names)].filter((name) => name !== "").map(toLink);
  const links = new Map(configured.map((link) => [link.info.id, link]));
  let asking: Promise<void> | undefined;
  let askAgainAt = 0;
  const refresh = (): Promise<void> => {
    if (asking !== undefined && performance.now() < askAgainAt) return asking;
    askAgainAt = performance.now() + askAgainMs;
    asking = listProviderModels(client, limits).then(
      (ids) => {
        for (const id of ids.slice(0, maxListed)) if (!links.has(id)) links.set(id, toLink(id));
      },
      (err: unknown) => log.warn({ reason: (err as Error).message }, "provider models not listed"),
    );
    return asking;
  };
  void refresh();
  return {
    chain: () => (configured.length > 0 ? configured : [...links.values()].slice(0, 1)),
    links: () => [...links.values()],
    find: (model) => links.get(model),
    refresh,
  };
}
