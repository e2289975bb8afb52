import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { checkoutDir } from "../../../infra/checkout.ts";
import { endProcess } from "../../../infra/engines/process.ts";
import { readRecord } from "../../../infra/engines/record.ts";
import { Service } from "./service.ts";

/**
 * A test's folder, with `DATA_DIR` in it; its engine processes are stopped and it is removed with the test.
 */
export function workFolder(t: ExecutionContext): { cwd: string; dataDir: string } {
  const cwd = mkdtempSync(join(tmpdir(), "parley-"));
  const dataDir = join(cwd, ".data");
  t.teardown(async () => {
    const pids = Object.values(readRecord({ dataDir }).engines).map(({ pid }) => pid);
    const left = pids.filter((pid) => pid !== process.pid);
    await Promise.all(left.map((pid) => endProcess(pid, 5_000)));
    rmSync(cwd, { recursive: true, force: true });
  });
  return { cwd, dataDir };
}

/** Runs `parley <words>` in that folder, on free ports; killed when the test ends. */
export function parley(
  t: ExecutionContext,
  cwd: string,
  words: string[],
  env: Record<string, string> = {},
): Service {
  const service = new Service({
    name: words.join(" "),
    command: [join(checkoutDir, "bin", "parley.js"), ...words],
    env: { PORT: "0", NATS_PORT: "0", MQTT_PORT: "0", MONGODB_PORT: "0", EXTRAS: "0", ...env },
    cwd,
  });
  t.teardown(() => service.destroy());
  return service;
}
