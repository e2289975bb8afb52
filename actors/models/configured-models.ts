import type { Db } from "mongodb";
import type { NatsConnection } from "nats";
import type { ProcessContext } from "../../infra/process-context.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import { createModels } from "./index.ts";
import type { Models } from "./model.ts";
import { LearnedCapabilities } from "./provider/learned.ts";
import { SettingsStore } from "./settings-store.ts";
import { followSettings } from "./settings-sync.ts";
import { StoredSource } from "./stored-source.ts";

/** What configured models need of a process. */
export type ConfiguredContext = ProcessContext & { nc: NatsConnection; db: Db };

/** The store of the administrator's configuration; every process hears of a change. */
export function settingsStore({ nc, db, secrets }: Pick<ConfiguredContext, "nc" | "db" | "secrets">) {
  return new SettingsStore(db, secrets.encryptionKey, () => nc.publish(subjects.modelsChanged));
}

/** All models of a process, kept at what the administrator configures. Resolves when his configuration was read. */
export async function startModels(context: ConfiguredContext): Promise<Models> {
  const store = settingsStore(context);
  const learned = new LearnedCapabilities((id, capability) => store.saveRefusal(id, capability));
  const source = new StoredSource(context.settings.limits, context.log, learned);
  const models = await createModels(context, source, learned);
  await followSettings(context, store, source);
  return models;
}
