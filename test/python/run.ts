import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSystem } from "../_kit/worlds/system.ts";
import { mintToken } from "../_kit/worlds/token.ts";

// `make test-python`: needs a package index for OpenAI's Python package, so it is no part of `make test`.
const folder = fileURLToPath(new URL("../../../test/python/", import.meta.url));
const venv = mkdtempSync(join(tmpdir(), "parley-python-"));

function run(command: string, args: string[], env: Record<string, string> = {}): void {
  const { status } = spawnSync(command, args, { stdio: "inherit", env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}`);
}

try {
  run("python3", ["-m", "venv", venv]);
  run(join(venv, "bin/pip"), ["install", "--quiet", "-r", join(folder, "requirements.txt")]);
  const system = await startSystem({ edges: 1, actors: 1 });
  try {
    const env = { PARLEY_URL: system.url(), PARLEY_TOKEN: mintToken("python") };
    run(join(venv, "bin/python"), [join(folder, "openai_package.py")], env);
  } finally {
    await system.stop();
  }
} finally {
  rmSync(venv, { recursive: true, force: true });
}
