import type { ProcessContext } from "../../infra/process-context.ts";
import type { Purpose } from "../../schemas/documents/model-settings.ts";
import { ParleyError } from "../../schemas/errors.ts";
import {
  defaultContextTokens,
  enaTestSource,
  type Link,
  localSource,
  type ModelSource,
  mayTakeImages,
} from "./catalog.ts";
import { createEmbeddings, type Embeddings } from "./embeddings.ts";
import { environmentSource, type ProviderSource } from "./environment-source.ts";
import { localContextTokens } from "./local.ts";
import { LocalProcess } from "./local-process.ts";
import type { ModelCall, ModelEndpoint, ModelInfo, Models, ReplyDelta } from "./model.ts";
import { hasImage } from "./provider/capabilities.ts";
import { LearnedCapabilities } from "./provider/learned.ts";
import { streamChain } from "./routing.ts";
import type { StoredSource } from "./stored-source.ts";

/**
 * All models of this process: those the administrator configured (`stored`), the environment's provider, the
 * local model if installed, and `ena-test`.
 */
export async function createModels(
  ctx: Pick<ProcessContext, "settings" | "log" | "lifecycle">,
  stored?: StoredSource,
  learned = new LearnedCapabilities(() => Promise.resolve()),
): Promise<Models> {
  const { settings, log, lifecycle } = ctx;
  const startedAt = Math.floor(Date.now() / 1000);
  const worker = new LocalProcess(log, {
    contextTokens: localContextTokens,
    maxCalls: settings.limits.localQueue,
  });
  lifecycle.onStop("local model", () => worker.stop());
  const environment = environmentSource(settings, log, startedAt, learned);
  const builtIn = [
    ...(settings.extras ? [localSource(worker, settings.limits, startedAt)] : []),
    enaTestSource(startedAt),
  ];
  return new AllModels({
    stored,
    environment,
    builtIn,
    log,
    embeddings: createEmbeddings(settings, log, () => endpointsOf(stored, "embedding")),
  });
}

interface Sources extends Pick<ProcessContext, "log"> {
  stored: StoredSource | undefined;
  environment: ProviderSource | undefined;
  builtIn: ModelSource[];
  embeddings: Embeddings;
}

function endpointsOf(stored: StoredSource | undefined, purpose: Purpose): ModelEndpoint[] {
  return (stored?.route(purpose) ?? []).flatMap((model) => stored?.endpoint(model) ?? []);
}

class AllModels implements Models {
  readonly #sources: Sources;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  get configured(): boolean {
    const { stored, environment } = this.#sources;
    return environment !== undefined || stored?.configured === true;
  }

  stream(purpose: "chat" | "vision", call: ModelCall): AsyncIterable<ReplyDelta> {
    const needed = call.messages.some(hasImage) ? "vision" : purpose;
    return streamChain(() => this.#linksOf(needed, call), call, this.#sources.log);
  }

  embed(...[texts, kind, signal]: Parameters<Embeddings["embed"]>): ReturnType<Embeddings["embed"]> {
    return this.#sources.embeddings.embed(texts, kind, signal);
  }

  list(): ModelInfo[] {
    const infos = this.#all().flatMap((source) => source.links().map(({ info }) => info));
    return [...new Map(infos.toReversed().map((info) => [info.id, info])).values()].reverse();
  }

  contextTokens(model?: string): number {
    const link = model === undefined ? this.#chain("chat")[0] : this.#find(model);
    return link?.info.contextTokens ?? defaultContextTokens;
  }

  first(purpose: "chat" | "vision", model?: string): string | undefined {
    return model ?? this.#chain(purpose)[0]?.info.id;
  }

  sees(model?: string): boolean {
    const link = model === undefined ? this.#chain("vision")[0] : this.#find(model);
    // A provider may not have listed its models yet.
    return link === undefined ? this.configured : mayTakeImages(link);
  }

  endpoints(purpose: Purpose): ModelEndpoint[] {
    return endpointsOf(this.#sources.stored, purpose);
  }

  #all(): ModelSource[] {
    const { stored, environment, builtIn } = this.#sources;
    return [stored ?? [], environment ?? [], builtIn].flat();
  }

  #find(model: string): Link | undefined {
    for (const source of this.#all()) {
      const link = source.find(model);
      if (link !== undefined) return link;
    }
    return undefined;
  }

  /**
   * The chain of a purpose: its route, else the models tagged for vision, else the configured providers. A
   * built-in model is used only without a route and a provider.
   */
  #chain(purpose: "chat" | "vision"): Link[] {
    const { stored, environment, builtIn } = this.#sources;
    const route = stored?.route(purpose);
    if (route !== undefined) return route.flatMap((model) => this.#find(model) ?? []);
    if (purpose === "vision") {
      const seeing = stored?.tagged("vision") ?? [];
      return seeing.length > 0 ? seeing : this.#chain("chat");
    }
    if (this.configured) return [...(stored?.links() ?? []), ...(environment?.chain() ?? [])];
    return builtIn.flatMap((source) => source.links()).slice(0, 1);
  }

  async #linksOf(purpose: "chat" | "vision", { model, onNote }: ModelCall): Promise<Link[]> {
    const { environment, stored } = this.#sources;
    const candidates = () => (model === undefined ? this.#chain(purpose) : [this.#find(model) ?? []].flat());
    // The provider's models may not be listed yet, or may have changed.
    if (candidates().length === 0) await environment?.refresh();
    const links = candidates();
    if (links.length === 0 && model !== undefined)
      throw new ParleyError("model_not_found", { error: `模型不存在: ${model}` });
    const chosen = this.configured || stored?.route(purpose) !== undefined;
    if (model === undefined && (!chosen || links.length === 0))
      onNote?.({ kind: "unconfigured", model: links[0]?.info.id });
    return links;
  }
}
