import { startEngines } from "../engines/start.ts";
import { announceReady, type CommandProcess, progress } from "./run-process.ts";

/** `parley engines`: the embedded engines alone. */
export async function runEngines(command: CommandProcess): Promise<void> {
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
  process.stdout.write(`NATS_URL=${engines.natsUrl}\nMONGODB_URI=${engines.mongodbUri}\n`);
  announceReady(command, engines.ports);
  // Nothing else holds the process: the engines are detached.
  const stay = setInterval(() => undefined, 2 ** 30);
  lifecycle.onStop("wait", () => clearInterval(stay));
}
