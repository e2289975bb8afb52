import { resolveEndpoints } from "../endpoints.ts";
import { openInstallation } from "../installation/open.ts";
import { createMetrics } from "../metrics.ts";
import type { ProcessContext } from "../process-context.ts";
import { announceReady, type CommandProcess } from "./run-process.ts";

/** What `edge/main.ts` exports. */
interface EdgeMain {
  startEdge(context: ProcessContext): Promise<{ port: number }>;
}

/** What `actors/main.ts` exports. Unknown names are a SettingsError. */
interface ActorsMain {
  startActors(context: ProcessContext, names: string[]): Promise<void>;
}

// Loaded by path at run time: infra/ imports neither room, and a process loads the one it runs.
const load = <Main>(room: string): Promise<Main> =>
  import(new URL(`../../${room}/main.js`, import.meta.url).href);

/** `parley edge`. */
export async function runEdge(command: CommandProcess): Promise<void> {
  const [context, main] = await Promise.all([processContext(command), load<EdgeMain>("edge")]);
  const { port } = await main.startEdge(context);
  announceReady(command, { port });
}

/** `parley actors [names…]`. */
export async function runActors(command: CommandProcess, names: string[]): Promise<void> {
  const [context, main] = await Promise.all([processContext(command), load<ActorsMain>("actors")]);
  await main.startActors(context, names);
  announceReady(command, {});
}

async function processContext({ role, settings, log, lifecycle }: CommandProcess): Promise<ProcessContext> {
  // A child of `up` ends with it, also when `up` was killed.
  process.once("disconnect", () => void lifecycle.stop().then(() => process.exit(0)));
  const endpoints = resolveEndpoints(settings);
  const secrets = await openInstallation({ role, settings, log, endpoints });
  if (secrets.generated.includes("adminPassword")) {
    process.stderr.write(
      `parley: made a password for ${settings.adminUsername}, shown this once: ${secrets.adminPassword}\n`,
    );
  }
  return { settings, log, lifecycle, metrics: createMetrics(role), endpoints, secrets };
}
