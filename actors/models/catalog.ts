import type { Limits } from "../../schemas/limits.ts";
import { createEnaTest, enaTestName, parseEnaTest } from "./ena-test.ts";
import { createLocalDriver, localContextTokens, localNames } from "./local.ts";
import { findLocalModel } from "./local-files.ts";
import type { LocalProcess } from "./local-process.ts";
import type { ModelDriver, ModelInfo } from "./model.ts";

/** A model that can be called: what a list shows of it, and its driver. */
export interface Link {
  info: ModelInfo;
  driver: ModelDriver;
  /** Whether the administrator has put it among those that see; unset where nobody has put any there. */
  tagged?: boolean;
  /** Whether it takes images, as was set or learned; undefined = not known. */
  takesImages(): boolean | undefined;
}

/** Whether a model may be given images: what was set or learned of it comes before what it is tagged as. */
export function mayTakeImages({ tagged, takesImages }: Link): boolean {
  return takesImages() ?? tagged ?? true;
}

/** Where models come from: the built-in ones, a provider of the environment. */
export interface ModelSource {
  /** The models that a list shows, in the order in which a default chain takes them. */
  links(): Link[];
  /** A model by name, names included that no list shows. */
  find(model: string): Link | undefined;
}

/** Context of a model that nobody described, in tokens. */
export const defaultContextTokens = 8192;

/** The deterministic model, under all its names. */
export function enaTestSource(startedAt: number): ModelSource {
  const find = (model: string): Link | undefined => {
    const plan = parseEnaTest(model);
    if (plan === undefined) return undefined;
    return {
      info: { id: model, owned_by: "parley", created: startedAt, contextTokens: defaultContextTokens },
      driver: createEnaTest(model, plan),
      takesImages: () => false,
    };
  };
  const own = find(enaTestName) as Link;
  return { links: () => [own], find: (model) => (model === enaTestName ? own : find(model)) };
}

/** The local chat model, as long as it is installed. */
export function localSource(worker: LocalProcess, limits: Limits, startedAt: number): ModelSource {
  const find = (model: string): Link | undefined => {
    const files = localNames.includes(model) ? findLocalModel() : undefined;
    if (files === undefined) return undefined;
    return {
      info: { id: model, owned_by: "local", created: startedAt, contextTokens: localContextTokens },
      driver: createLocalDriver(worker, files, model, limits),
      takesImages: () => false,
    };
  };
  return {
    links: () => {
      const link = find(localNames[0] as string);
      return link === undefined ? [] : [link];
    },
    find,
  };
}
