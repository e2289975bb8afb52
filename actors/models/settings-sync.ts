import type { Bus } from "../../infra/bus/bus.ts";
import type { Lifecycle } from "../../infra/lifecycle.ts";
import type { Logger } from "../../infra/log.ts";
import { modelsChanged } from "../../schemas/messages/processes.ts";
import { persist } from "../storage/persist.ts";
import type { SettingsStore } from "./settings-store.ts";
import type { StoredSource } from "./stored-source.ts";

/** Polling interval that covers a lost change signal, ms. */
const lookEveryMs = 30_000;

/** Keeps a process's models in sync with the administrator's configuration. Resolves after the first read. */
export async function followSettings(
  { bus, log, lifecycle }: { bus: Pick<Bus, "listen">; log: Logger; lifecycle: Lifecycle },
  store: SettingsStore,
  source: StoredSource,
): Promise<void> {
  let reading = false;
  let again = false;
  const look = async (): Promise<void> => {
    again = true;
    if (reading) return;
    reading = true;
    while (again) {
      again = false;
      try {
        source.replace(await store.read());
      } catch (err) {
        log.warn({ err }, "model configuration not loaded, keeping the previous one");
      }
    }
    reading = false;
  };
  bus.listen(modelsChanged, () => void look());
  await persist(log, "model configuration", () => store.createIndexes());
  source.replace(await persist(log, "model configuration", () => store.read()));
  const timer = setInterval(() => void look(), lookEveryMs);
  lifecycle.onStop("model configuration", () => clearInterval(timer));
}
