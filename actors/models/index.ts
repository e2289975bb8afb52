import type { ProcessContext } from "../../infra/process-context.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { defaultContextTokens, enaTestSource, type Link, localSource, type ModelSource } from "./catalog.ts";
import { environmentSource } from "./environment-source.ts";
import { localContextTokens } from "./local.ts";
import { LocalProcess } from "./local-process.ts";
import type { Models } from "./model.ts";
import { streamChain } from "./routing.ts";

/** All models of this process: the environment's provider, the local model while installed, and `ena-test`. */
export async function createModels(
  ctx: Pick<ProcessContext, "settings" | "log" | "lifecycle">,
): Promise<Models> {
  const { settings, log, lifecycle } = ctx;
  const startedAt = Math.floor(Date.now() / 1000);
  const worker = new LocalProcess(log, {
    contextTokens: localContextTokens,
    maxCalls: settings.limits.localQueue,
  });
  lifecycle.onStop("local model", () => worker.stop());
  const provider = environmentSource(settings, log, startedAt);
  const builtIn = [
    ...(settings.extras ? [localSource(worker, settings.limits, startedAt)] : []),
    enaTestSource(startedAt),
  ];
  const sources: ModelSource[] = provider === undefined ? builtIn : [provider, ...builtIn];

  const find = (model: string): Link | undefined => {
    for (const source of sources) {
      const link = source.find(model);
      if (link !== undefined) return link;
    }
    return undefined;
  };
  // A configured provider is the whole chain: the built-in models never answer in its place, nor in one another's.
  const chain = (): Link[] =>
    provider === undefined ? builtIn.flatMap((source) => source.links()).slice(0, 1) : provider.chain();
  const linksOf = async (model: string | undefined): Promise<Link[]> => {
    const known = () => (model === undefined ? chain() : [find(model) ?? []].flat());
    // The provider may have listed nothing yet, or has a model since.
    if (known().length === 0) await provider?.refresh();
    const links = known();
    if (links.length === 0 && model !== undefined)
      throw new ParleyError("model_not_found", { error: `模型不存在: ${model}` });
    return links;
  };
  return {
    configured: provider !== undefined,
    stream: (_purpose, call) => streamChain(() => linksOf(call.model), call, log),
    list: () => sources.flatMap((source) => source.links()).map(({ info }) => info),
    contextTokens: (model) =>
      (model === undefined ? chain()[0] : find(model))?.info.contextTokens ?? defaultContextTokens,
  };
}
