import type { Db } from "mongodb";
import type { Bus } from "../../infra/bus/bus.ts";
import type { ProcessContext } from "../../infra/process-context.ts";
import { modelsChanged } from "../../schemas/messages/processes.ts";
import { createModels } from "./index.ts";
import type { Models } from "./model.ts";
import { LearnedCapabilities } from "./provider/learned.ts";
import { SettingsStore } from "./settings-store.ts";
import { followSettings } from "./settings-sync.ts";
import { StoredSource } from "./stored-source.ts";

/** Dependencies of configured models. */
export type ConfiguredContext = ProcessContext & { bus: Bus; db: Db };

/** The store of the administrator's configuration; each write signals all processes. */
export function settingsStore({ bus, db, secrets }: Pick<ConfiguredContext, "bus" | "db" | "secrets">) {
  return new SettingsStore(db, secrets.encryptionKey, () => bus.signal(modelsChanged, {}));
}

/**
 * Creates all models of a process and keeps them in sync with the configuration. Resolves after the first
 * read.
 */
export async function startModels(context: ConfiguredContext): Promise<Models> {
  const store = settingsStore(context);
  const learned = new LearnedCapabilities((id, capability) => store.saveRefusal(id, capability));
  const source = new StoredSource(context.settings.limits, context.log, learned);
  const models = await createModels(context, source, learned);
  await followSettings(context, store, source);
  return models;
}
