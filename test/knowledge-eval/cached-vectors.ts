import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EmbeddingKind, Embeddings } from "../../actors/models/embeddings.ts";

// Vectors are kept in the temporary folder between runs, as making them takes minutes on a small machine.
const folder = join(tmpdir(), "parley-knowledge-eval");
const batch = 8;

/** Vectors of texts by this model, from the folder of an earlier run where it has them. */
export async function cachedVectors(
  embeddings: Embeddings,
  texts: readonly string[],
  kind: EmbeddingKind,
): Promise<Float32Array[]> {
  mkdirSync(folder, { recursive: true });
  const fileOf = (text: string) =>
    join(folder, createHash("sha256").update(`${kind}\0${text}`).digest("hex").slice(0, 32));
  const missing = [...new Set(texts)].filter((text) => !existsSync(fileOf(text)));
  for (let from = 0; from < missing.length; from += batch) {
    const part = missing.slice(from, from + batch);
    const { vectors } = await embeddings.embed(part, kind);
    for (const [index, vector] of vectors.entries())
      writeFileSync(fileOf(part[index] ?? ""), new Uint8Array(vector.buffer));
  }
  return texts.map((text) => new Float32Array(new Uint8Array(readFileSync(fileOf(text))).buffer));
}
