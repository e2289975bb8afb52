import type { Logger } from "../../infra/log.ts";
import type { ModelDocument, Purpose } from "../../schemas/documents/model-settings.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { ChatParams } from "../../schemas/wire/openai-request.ts";
import { defaultContextTokens, type Link, type ModelSource } from "./catalog.ts";
import type { ModelDriver, ModelEndpoint } from "./model.ts";
import { createOpenAIDriver } from "./provider/driver.ts";
import type { LearnedCapabilities } from "./provider/learned.ts";
import type { ModelConfiguration, StoredProvider } from "./settings-store.ts";

interface Entry {
  document: ModelDocument;
  link: Link;
  endpoint: ModelEndpoint;
}

/** The models configured by the administrator, as last read. */
export class StoredSource implements ModelSource {
  readonly #limits: Limits;
  readonly #log: Logger;
  readonly #learned: LearnedCapabilities;
  #entries = new Map<string, Entry>();
  #routes = new Map<Purpose, string[]>();
  #providers = 0;

  constructor(limits: Limits, log: Logger, learned: LearnedCapabilities) {
    this.#limits = limits;
    this.#log = log;
    this.#learned = learned;
  }

  /** Replaces the configuration; running calls finish with the previous one. */
  replace({ providers, models, routes, refusals }: ModelConfiguration): void {
    this.#learned.replace(refusals);
    const byName = new Map(providers.map((provider) => [provider.name, provider]));
    const entries = models.flatMap((document): [string, Entry][] => {
      const provider = byName.get(document.provider);
      if (!document.enabled || provider === undefined) return [];
      return [[document._id, this.#entry(document, provider)]];
    });
    this.#entries = new Map(entries);
    this.#routes = new Map(routes.map(({ _id, fallback_chain }) => [_id, fallback_chain]));
    const seeing = new Set([
      ...this.tagged("vision").map(({ info }) => info.id),
      ...(this.route("vision") ?? []),
    ]);
    // If no model is tagged for vision, each may be tried.
    if (seeing.size > 0) for (const [id, { link }] of entries) link.tagged = seeing.has(id);
    this.#providers = providers.length;
    this.#log.debug(
      { providers: providers.length, models: entries.length, routes: routes.length },
      "model configuration read",
    );
  }

  /** Whether a provider is configured. */
  get configured(): boolean {
    return this.#providers > 0;
  }

  /** Model ids routed for a purpose; undefined without a route. */
  route(purpose: Purpose): readonly string[] | undefined {
    return this.#routes.get(purpose);
  }

  /** Enabled models by priority. */
  links(): Link[] {
    return [...this.#entries.values()].map(({ link }) => link);
  }

  /** Enabled models with a tag, by priority. */
  tagged(tag: string): Link[] {
    return [...this.#entries.values()]
      .filter(({ document }) => document.tags.some((one) => one.toLowerCase() === tag))
      .map(({ link }) => link);
  }

  find(model: string): Link | undefined {
    return this.#entries.get(model)?.link;
  }

  /** Endpoint of a model, for other APIs of its provider. */
  endpoint(model: string): ModelEndpoint | undefined {
    return this.#entries.get(model)?.endpoint;
  }

  #entry(document: ModelDocument, provider: StoredProvider): Entry {
    const { context_tokens, model, ...params } = document.params;
    const called = model ?? upstreamName(document);
    const { baseUrl, apiKey } = provider;
    const capabilities = this.#learned.of(baseUrl, called, document.capabilities);
    const driver = createOpenAIDriver({ provider, model: called, limits: this.#limits, capabilities });
    return {
      document,
      link: {
        info: {
          id: document._id,
          owned_by: provider.name,
          created: Math.floor(document.updated_at.getTime() / 1000),
          contextTokens: context_tokens ?? defaultContextTokens,
        },
        driver: withDefaults(driver, document._id, params as ChatParams),
        takesImages: () => capabilities.known().images,
      },
      endpoint: { id: document._id, model: called, baseUrl, apiKey, params },
    };
  }
}

/** Adds a model's default parameters, overridden by those of a call, and answers under the configured id. */
function withDefaults(driver: ModelDriver, id: string, defaults: ChatParams): ModelDriver {
  return {
    async *stream(call) {
      const set = Object.entries(call.params).filter(([, value]) => value !== undefined && value !== null);
      const params = { ...defaults, ...Object.fromEntries(set) };
      for await (const delta of driver.stream({ ...call, params }))
        yield delta.kind === "start" ? { kind: "start", model: id } : delta;
    },
  };
}

/**
 * The model's name at its provider. `name` may hold that name or a display title: it is a title if it
 * contains characters outside of model names, such as spaces, or equals the id ignoring case.
 */
export function upstreamName({ _id: id, name }: Pick<ModelDocument, "_id" | "name">): string {
  const isTitle = !/^[\w@.:/+-]+$/.test(name) || name.toLowerCase() === id.toLowerCase();
  return isTitle ? id : name;
}
