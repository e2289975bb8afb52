import type { Limits } from "../../schemas/limits.ts";
import { createEnaTest, enaTestName, parseEnaTest } from "./ena-test.ts";
import { createLocalDriver, localContextTokens, localNames } from "./local.ts";
import { findLocalModel } from "./local-files.ts";
import type { LocalProcess } from "./local-process.ts";
import type { ModelDriver, ModelInfo } from "./model.ts";

/** A callable model: its entry in lists, and its driver. */
export interface Link {
  info: ModelInfo;
  driver: ModelDriver;
  /** Whether the administrator tagged it as a vision model; unset when no model has the tag. */
  tagged?: boolean;
  /** Whether it takes images, configured or learned; undefined = unknown. */
  takesImages(): boolean | undefined;
}

/** Whether a model may be sent images: a configured or learned capability takes precedence over the tag. */
export function mayTakeImages({ tagged, takesImages }: Link): boolean {
  return takesImages() ?? tagged ?? true;
}

/** A source of models: the built-in ones, or a provider. */
export interface ModelSource {
  /** The listed models, in the order of the default chain. */
  links(): Link[];
  /** Finds a model by name, including names that are not listed. */
  find(model: string): Link | undefined;
}

/** Assumed context of a model without a configured one, in tokens. */
export const defaultContextTokens = 8192;

/** The deterministic test model, under all its names. */
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

/** The local chat model, while it is installed. */
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
