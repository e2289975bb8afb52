import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkoutDir, enginesDir } from "../checkout.ts";

/** A pinned set of Python wheels that carries an engine; the hashes are in `infra/engines/requirements-<name>.txt`. */
export interface PipPackage {
  name: string;
  version: string;
  /** What is downloaded, for the progress line. */
  megabytes: number;
}

/** Where progress is told, one line at a time. */
export type Progress = (line: string) => void;

const installMs = 15 * 60_000;

/** The folder of the installed package, whether it exists or not. */
export function installedAt({ name, version }: PipPackage): string {
  return join(enginesDir, `${name}-${version}`);
}

/** The Python of the folder of engines, for engines that are Python programs. */
export const python = join(enginesDir, "venv", "bin", "python");

/**
 * Installs a package into `.engines/` unless it is there. A folder appears under its name when it is complete, so an
 * interrupted installation leaves nothing that counts, and two at once do not disturb one another.
 * @throws Error with pip's last lines
 */
export async function pipInstall(pack: PipPackage, progress: Progress): Promise<string> {
  const target = installedAt(pack);
  if (existsSync(target)) return target;
  const startedAt = performance.now();
  progress(`installing ${pack.name} ${pack.version} (${pack.megabytes} MB)`);
  await atomically(python, (draft) => run("python3", ["-m", "venv", draft]), join(enginesDir, "venv"));
  const requirements = join(checkoutDir, "infra", "engines", `requirements-${pack.name}.txt`);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"];
  await atomically(target, (draft) =>
    run(python, [
      ...pip,
      "--no-deps",
      "--require-hashes",
      "--only-binary=:all:",
      "--target",
      draft,
      "-r",
      requirements,
    ]),
  );
  progress(`installed ${pack.name} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return target;
}

/** Makes a folder under a passing name and renames it to `folder`; the first of several wins. */
export async function atomically(
  present: string,
  make: (draft: string) => Promise<void>,
  folder = present,
): Promise<void> {
  if (existsSync(present)) return;
  mkdirSync(enginesDir, { recursive: true });
  const draft = join(enginesDir, `draft-${process.pid}-${randomBytes(4).toString("hex")}`);
  try {
    await make(draft);
    renameSync(draft, folder);
  } catch (err) {
    if (!existsSync(present)) throw err;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Runs a program to its end. @throws Error with the last lines it wrote to stderr */
export function run(program: string, args: string[], cwd?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], timeout: installMs, cwd });
    let errors = "";
    child.stderr.on("data", (bytes: Buffer) => {
      errors = (errors + bytes.toString()).slice(-4_000);
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args.slice(0, 3).join(" ")} ended with ${code}: ${errors.trim()}`));
    });
  });
}
