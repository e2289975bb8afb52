import { hostname } from "node:os";
import type { Settings } from "../../schemas/config.ts";
import { resolveEndpoints } from "../endpoints.ts";
import { openInstallation } from "../installation/open.ts";
import { createMetrics } from "../metrics.ts";
import { serveOperations } from "../operations-server.ts";
import type { ProcessContext } from "../process-context.ts";
import { Readiness } from "../readiness.ts";
import { announceReady, type CommandProcess } from "./run-process.ts";

/** What `edge/main.ts` exports. */
interface EdgeMain {
  startEdge(context: ProcessContext): Promise<{ port: number }>;
}

/** What `actors/main.ts` exports. Unknown names cause a SettingsError. */
interface ActorsMain {
  startActors(context: ProcessContext, names: string[]): Promise<void>;
}

// Loaded by path at run time: infra/ imports neither room, and a process loads only its own.
const load = <Main>(room: string): Promise<Main> =>
  import(new URL(`../../${room}/main.js`, import.meta.url).href);

/** `parley edge`. */
export async function runEdge(command: CommandProcess): Promise<void> {
  const [context, main] = await Promise.all([processContext(command), load<EdgeMain>("edge")]);
  const { port } = await main.startEdge(context);
  context.readiness.started();
  announceReady(command, { port, metrics_port: context.metricsPort });
}

/** `parley actors [names…]`. */
export async function runActors(command: CommandProcess, names: string[]): Promise<void> {
  const [context, main] = await Promise.all([processContext(command), load<ActorsMain>("actors")]);
  await main.startActors(context, names);
  context.readiness.started();
  announceReady(command, { metrics_port: context.metricsPort });
}

/** A process context, and the METRICS_PORT server if configured. */
type StartedContext = ProcessContext & { metricsPort: number | undefined };

async function processContext({ role, settings, log, lifecycle }: CommandProcess): Promise<StartedContext> {
  // A child of `up` exits with it, even when `up` was killed.
  process.once("disconnect", () => void lifecycle.stop().then(() => process.exit(0)));
  const endpoints = resolveEndpoints(settings);
  const metrics = createMetrics(role, processName(settings, role));
  const readiness = new Readiness();
  // Before any wait, so that a hanging start is visible.
  const metricsPort =
    settings.metricsPort === undefined
      ? undefined
      : await serveOperations({
          host: settings.host,
          port: settings.metricsPort,
          metrics,
          readiness,
          lifecycle,
        });
  const secrets = await openInstallation({ role, settings, log, endpoints });
  if (secrets.generated.includes("adminPassword")) {
    process.stderr.write(
      `parley: made a password for ${settings.adminUsername}, shown this once: ${secrets.adminPassword}\n`,
    );
  }
  return { settings, log, lifecycle, metrics, endpoints, secrets, readiness, metricsPort };
}

/** Stable across restarts if set by the operator or the container: a changing label starts a new series. */
function processName({ processName: given }: Settings, role: string): string {
  if (given !== undefined) return given;
  return process.pid === 1 ? hostname() : `${hostname()}-${role}-${process.pid}`;
}
