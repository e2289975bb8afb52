import { execFile } from "node:child_process";
import { join } from "node:path";
import test from "ava";
import { checkoutDir, version } from "../../infra/checkout.ts";
import { parley, workFolder } from "../_kit/worlds/parley.ts";

test("bad settings are named and exit 78", async (t) => {
  const { cwd } = workFolder(t);
  for (const command of ["engines", "edge", "actors", "up"]) {
    const service = parley(t, cwd, [command], { JWT_SECRET: "short", LIMIT_NO_SUCH: "1" });
    service.spawn();
    t.is(await service.exit(), 78, command);
    t.regex(service.tail(), /JWT_SECRET: must have at least 32 bytes[\s\S]*LIMIT_NO_SUCH: unknown setting/);
  }
});

test("an edge or actors without engines say what to do and exit 78", async (t) => {
  const { cwd } = workFolder(t);
  for (const command of ["edge", "actors"]) {
    const service = parley(t, cwd, [command]);
    service.spawn();
    t.is(await service.exit(), 78, command);
    t.regex(service.tail(), /set NATS_URL and MONGODB_URI, or start .*parley engines/);
  }
});

function output(...words: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [join(checkoutDir, "bin", "parley.js"), ...words], (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
}

test("--version, and --help with examples for every command", async (t) => {
  t.is((await output("--version")).trim(), version);
  for (const command of ["up", "engines", "edge", "actors", "nats-config", "doctor", "backup", "restore"]) {
    const help = await output(command, "--help");
    t.regex(help, /Usage: parley/);
    t.regex(help, /Examples:\n {2}.*parley/);
  }
});
