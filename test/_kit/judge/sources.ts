import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the checkout; tests run from `dist/test/_kit/judge`. */
export const checkout = fileURLToPath(new URL("../../../..", import.meta.url));

const rooms = ["schemas", "infra", "edge", "actors", "test"] as const;

/** A room of the checkout: the first folder of a path. */
export type Room = (typeof rooms)[number];

/** A TypeScript file of the checkout. */
export interface Source {
  /** Path from the checkout, with `/`. */
  path: string;
  room: Room;
  text: string;
  imports: { specifier: string; dynamic: boolean }[];
}

const staticImport = /^\s*(?:import|export)\s[^;"']*?from\s+["']([^"']+)["']|^\s*import\s+["']([^"']+)["']/gm;
const dynamicImport = /\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** Every source file except generated ones. */
export function sources(): Source[] {
  return rooms.flatMap((room) => [...files(join(checkout, room))].map((path) => read(room, path)));
}

/** Path from the checkout of a relative import; a package's name is returned unchanged. */
export function target(source: Source, specifier: string): string {
  return specifier.startsWith(".") ? join(dirname(source.path), specifier) : specifier;
}

function read(room: Room, path: string): Source {
  const text = readFileSync(path, "utf8");
  const fixed = [...text.matchAll(staticImport)].map((match) => ({
    specifier: match[1] ?? match[2] ?? "",
    dynamic: false,
  }));
  const later = [...text.matchAll(dynamicImport)].map((match) => ({
    specifier: match[1] ?? "",
    dynamic: true,
  }));
  return { path: relative(checkout, path), room, text, imports: [...fixed, ...later] };
}

function* files(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "node_modules" && entry.name !== "gen") yield* files(path);
    } else if (entry.name.endsWith(".ts")) yield path;
  }
}
