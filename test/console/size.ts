import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { checkout } from "../_kit/judge/sources.ts";

const folder = join(checkout, "dist/console");

/** What the first load of the chat may weigh, bytes of script and style after gzip. */
export const firstLoadBytes = 130_000;

interface Chunk {
  file: string;
  isEntry?: boolean;
  imports?: string[];
  css?: string[];
}

/** A file of the build and its size after gzip, bytes. */
export interface Weight {
  file: string;
  bytes: number;
  /** Whether the chat needs it at once. */
  first: boolean;
}

/** Sizes of all scripts and styles of the build. */
export function weights(): Weight[] {
  const manifest = JSON.parse(readFileSync(join(folder, ".vite/manifest.json"), "utf8")) as Record<
    string,
    Chunk
  >;
  const first = new Set<string>();
  const take = (name: string) => {
    const chunk = manifest[name];
    if (chunk === undefined || first.has(chunk.file)) return;
    first.add(chunk.file);
    for (const file of chunk.css ?? []) first.add(file);
    for (const other of chunk.imports ?? []) take(other);
  };
  for (const [name, { isEntry }] of Object.entries(manifest)) if (isEntry) take(name);
  // The texts of one language come with every visit; the longer of the two counts.
  const texts = Object.keys(manifest).filter((name) => /^text\/\w+\.ts$/.test(name));
  take(texts.sort((a, b) => sizeOf(manifest[b]?.file ?? "") - sizeOf(manifest[a]?.file ?? ""))[0] ?? "");
  const files = new Set(Object.values(manifest).flatMap(({ file, css = [] }) => [file, ...css]));
  return [...files]
    .filter((file) => /\.(js|css)$/.test(file))
    .map((file) => ({ file, bytes: sizeOf(file), first: first.has(file) }))
    .sort((a, b) => Number(b.first) - Number(a.first) || b.bytes - a.bytes);
}

function sizeOf(file: string): number {
  return gzipSync(readFileSync(join(folder, file)), { level: 9 }).length;
}

if (process.argv[1] === import.meta.filename) {
  const all = weights();
  for (const { file, bytes, first } of all)
    process.stdout.write(`${first ? "first" : "later"} ${String(bytes).padStart(8)} ${file}\n`);
  const sum = all.filter(({ first }) => first).reduce((total, { bytes }) => total + bytes, 0);
  process.stdout.write(`first load of the chat: ${sum} of ${firstLoadBytes} bytes (gzip)\n`);
  if (sum > firstLoadBytes) process.exitCode = 1;
}
