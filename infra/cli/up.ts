import { hostname } from "node:os";
import { startExtras } from "../engines/extras.ts";
import { startEngines } from "../engines/start.ts";
import { openInstallation } from "../installation/open.ts";
import { banner } from "./banner.ts";
import { Child } from "./child.ts";
import { actorNodeFlags, edgeNodeFlags } from "./node-flags.ts";
import { announceReady, type CommandProcess, progress } from "./run-process.ts";

/** Share of the stop timeout that remains for the engines after edge and actors. */
const enginesStopMs = 4_500;

/** `parley up`: engines, one edge, all actors, then the extras in the background. */
export async function runUp(command: CommandProcess): Promise<void> {
  const { settings, log, lifecycle } = command;
  const starting = startEngines(settings, log, progress);
  lifecycle.onStop("engines", () =>
    starting.then(
      (engines) => engines.stop(),
      () => undefined,
    ),
  );
  const engines = await starting;
  engines.watch();

  // Created before the children start, so that all of them read the same values.
  const secrets = await openInstallation({ role: "up", settings, log, endpoints: engines });

  const graceMs = Math.max(settings.limits.stopMs - enginesStopMs, 1_000);
  const host = hostname();
  const env = { LIMIT_STOP_MS: String(graceMs) };
  const edgeEnv = { ...env, PROCESS_NAME: `${host}-edge`, ...edgeMetricsPort(settings.metricsPort) };
  const edge = new Child(["edge"], edgeEnv, log, edgeNodeFlags);
  const actors = new Child(["actors"], { ...env, PROCESS_NAME: `${host}-actors` }, log, actorNodeFlags);
  lifecycle.onStop("actors", () => actors.stop(graceMs));
  lifecycle.onStop("edge", () => edge.stop(graceMs));
  const [{ port = settings.port }] = await Promise.all([edge.start(), actors.start()]);
  if (lifecycle.stopping) return;

  announceReady(command, { port, ...engines.ports });
  process.stderr.write(banner({ settings, port, ports: engines.ports, secrets }));
  if (settings.extras && engines.owned) {
    const extras = startExtras(settings, log, progress);
    lifecycle.onStop("extras", () => extras.stop());
  }
}

/** Two processes can't share METRICS_PORT: the actors listen on it, the edge on the next one. */
function edgeMetricsPort(port: number | undefined): { METRICS_PORT?: string } {
  return port === undefined || port === 0 ? {} : { METRICS_PORT: String(port === 65_535 ? 0 : port + 1) };
}
