import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Values that are generated once; `generated` names those created by this call. */
export interface Kept<Name extends string> {
  values: Record<Name, string>;
  generated: Name[];
}

/** Reads `file` (JSON, mode 600) and adds missing values, so that two processes end with the same values. */
export function keepInFile<K extends string>(file: string, make: Record<K, () => string>): Kept<K> {
  const before = readSecretFile(file);
  const generated = (Object.keys(make) as K[]).filter((name) => before?.[name] === undefined);
  const made = Object.fromEntries(generated.map((name) => [name, make[name]()]));
  const values = { ...before, ...made } as Record<K, string>;
  if (generated.length === 0) return { values, generated };
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, `${JSON.stringify(values, null, 2)}\n`, { mode: 0o600 });
  try {
    // A link never replaces: of two concurrent first starts one wins, and the other reads its values.
    if (before === undefined) linkSync(draft, file);
    else renameSync(draft, file);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== "EEXIST") throw err;
    return { ...keepInFile(file, make), generated: [] };
  } finally {
    rmSync(draft, { force: true });
  }
  return { values, generated };
}

/** The values of a secret file; undefined when missing. @throws Error when it can't be read */
export function readSecretFile(file: string): Record<string, string> | undefined {
  try {
    const values = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
    chmodSync(file, 0o600);
    return values;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${file} can't be read`, { cause: err });
  }
}
