import { findMongod, findNatsServer } from "../engines/program.ts";
import { startEngines } from "../engines/start.ts";
import { installWhisper } from "../engines/whisper.ts";
import { announceReady, type CommandProcess, failing, progress } from "./run-process.ts";

/** `parley engines --install`: installs missing engines. */
export async function installEngines(): Promise<void> {
  await failing("engines", undefined, async () => {
    await findNatsServer(progress);
    await findMongod(progress);
  });
}

/** `parley engines --install-voice`: installs speech recognition, which the next `parley up` starts. */
export async function installVoice(): Promise<void> {
  await failing("engines", undefined, () => installWhisper(progress));
}

/** `parley engines`: runs only the embedded engines. */
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
  // Keeps the process alive: the engines are detached.
  const stay = setInterval(() => undefined, 2 ** 30);
  lifecycle.onStop("wait", () => clearInterval(stay));
}
