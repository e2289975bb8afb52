import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import type { Settings } from "../../schemas/config.ts";
import { checkoutDir } from "../checkout.ts";
import type { Logger } from "../log.ts";
import type { Engine, EngineDefinition } from "./engine.ts";
import { installedAt, type PipPackage, type Progress, pipInstall, python } from "./pip-install.ts";
import { updateRecord } from "./record.ts";
import { adoptOrStart, noteEngine } from "./start.ts";

const whisper: PipPackage = { name: "whisper", version: "1.2.1", megabytes: 210 };
const wantedPort = 6_931;
const program = join(checkoutDir, "infra", "engines", "whisper-server.py");

/** Whether whisper is installed. */
export function isWhisperInstalled(): boolean {
  return existsSync(installedAt(whisper));
}

/** Installs whisper; the next `parley up` starts it. @throws Error with pip's last lines */
export async function installWhisper(progress: Progress): Promise<void> {
  await pipInstall(whisper, progress);
}

/** Runs whisper if installed, and adds it to the record; otherwise undefined. */
export async function startWhisper(
  settings: Pick<Settings, "dataDir">,
  log: Logger,
): Promise<Engine | undefined> {
  if (!isWhisperInstalled()) return undefined;
  const wish = {
    name: "whisper",
    wanted: { whisper: wantedPort },
    define: (ports: Record<string, number>) => whisperServer(settings.dataDir, ports.whisper ?? 0),
  };
  const engine = await adoptOrStart(wish, settings, log);
  engine.watch((pid) => noteEngine(settings, engine.definition, pid));
  updateRecord(settings, (record) => {
    record.sttUrl = `http://127.0.0.1:${engine.definition.ports.whisper}/v1`;
  });
  return engine;
}

/** whisper base as an OpenAI-compatible server on 127.0.0.1. */
export function whisperServer(dataDir: string, port: number): EngineDefinition {
  const threads = String(Math.min(4, availableParallelism()));
  return {
    name: "whisper",
    program: python,
    args: [program, "--port", String(port), "--threads", threads],
    env: { PYTHONPATH: installedAt(whisper), PYTHONDONTWRITEBYTECODE: "1" },
    mark: `whisper-server.py --port ${port}`,
    logFile: join(resolve(dataDir), "logs", "whisper.log"),
    ports: { whisper: port },
    ping: async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) });
      await answer.text();
      if (!answer.ok) throw new Error(`whisper server responded with ${answer.status}`);
    },
  };
}
