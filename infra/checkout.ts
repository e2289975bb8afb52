import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

function find(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  throw new Error("package.json not found above the program");
}

/** The folder of the checkout (or of the installed package). */
export const checkoutDir = find();

/** Where engines are installed, for every `DATA_DIR`. */
export const enginesDir = join(checkoutDir, ".engines");

/** Parley's own version. */
export const version = (
  JSON.parse(readFileSync(join(checkoutDir, "package.json"), "utf8")) as { version: string }
).version;
