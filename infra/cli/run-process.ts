import type { Settings } from "../../schemas/config.ts";
import { Lifecycle } from "../lifecycle.ts";
import { createLogger, type Logger } from "../log.ts";
import { loadSettings } from "../settings.ts";
import { SettingsError } from "../settings-error.ts";

/** Common context of all commands. */
export interface CommandProcess {
  role: string;
  settings: Settings;
  log: Logger;
  lifecycle: Lifecycle;
}

const exitConfig = 78;

/** Runs a command until a signal stops it. */
export async function runProcess(
  role: string,
  start: (process: CommandProcess) => Promise<void>,
): Promise<void> {
  await failing(role, undefined, async () => {
    const settings = loadSettings();
    const log = createLogger(role, settings);
    const lifecycle = new Lifecycle(log, settings.limits.stopMs);
    lifecycle.installSignals();
    await failing(role, lifecycle, () => start({ role, settings, log, lifecycle }));
  });
}

/** Exits when `work` fails: 78 for an invalid setting, otherwise 1, with the reason on stderr. */
export async function failing(
  role: string,
  lifecycle: Lifecycle | undefined,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    // A start interrupted by a signal fails; the signal's stop continues and exits 0.
    if (lifecycle?.stopping) return;
    const { message, stack } = error as Error;
    const expected = error instanceof SettingsError;
    process.stderr.write(`parley ${role}: ${expected ? message : (stack ?? message)}\n`);
    await lifecycle?.stop();
    process.exit(expected ? exitConfig : 1);
  }
}

/**
 * Reports that a process serves: one JSON line on stdout at any LOG_LEVEL, and a message to the parent `up`.
 */
export function announceReady({ role }: CommandProcess, ports: Record<string, number | undefined>): void {
  const line = {
    level: "info",
    time: new Date().toISOString(),
    role,
    pid: process.pid,
    ...ports,
    msg: "ready",
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  process.send?.({ ready: true, ...ports });
}

/** Prints installation progress on stderr. */
export function progress(line: string): void {
  process.stderr.write(`parley: ${line}\n`);
}
