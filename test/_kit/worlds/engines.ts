import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import type { Engine } from "../../../infra/engines/engine.ts";
import { startEngines as start } from "../../../infra/engines/start.ts";
import { createLogger } from "../../../infra/log.ts";

/**
 * An engine under test: `kill("SIGKILL")` waits for its exit, `restart()` until it serves on the same port
 * and data.
 */
export type EngineHandle = Pick<Engine, "pid" | "kill" | "restart">;

/** A nats-server and a mongod of one test, with `DATA_DIR` in a temporary folder. */
export interface TestEngines {
  natsUrl: string;
  mongodbUri: string;
  mqttPort: number;
  nats: EngineHandle;
  mongod: EngineHandle;
  dataDir: string;
  stop(): Promise<void>;
}

/** Starts real engines on free ports. With an execution context they are stopped when that test ends. */
export async function startEngines(t?: ExecutionContext): Promise<TestEngines> {
  const dataDir = mkdtempSync(join(tmpdir(), "parley-"));
  const log = createLogger("test", { logLevel: "silent" });
  const settings = {
    dataDir,
    natsUrl: undefined,
    mongodbUri: undefined,
    natsPort: 0,
    mqttPort: 0,
    mongodbPort: 0,
  };
  const engines = await start(settings, log, (line) => process.stderr.write(`${line}\n`));
  const { nats, mongod } = engines;
  if (nats === undefined || mongod === undefined) throw new Error("engines of another process");
  const stop = async () => {
    await Promise.all([nats, mongod].map((engine) => engine.kill("SIGCONT").catch(() => undefined)));
    await engines.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  t?.teardown(stop);
  const { natsUrl, mongodbUri } = engines;
  return { natsUrl, mongodbUri, mqttPort: engines.ports.mqtt ?? 0, nats, mongod, dataDir, stop };
}
