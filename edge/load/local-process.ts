import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

/** Processes of a local installation that a load may kill. */
export type LocalRole = "edge" | "actor" | "nats";

const recordSchema = z.object({
  owner: z.number().int(),
  engines: z.record(z.string(), z.object({ pid: z.number().int() })).default({}),
});

/**
 * Finds a process of `parley up` by the record in its DATA_DIR.
 * @throws Error when not found
 */
export async function findLocalProcess(dataDir: string, role: LocalRole): Promise<number> {
  const file = join(dataDir, "engines.json");
  const record = recordSchema.safeParse(JSON.parse(await readFile(file, "utf8").catch(() => "{}")));
  if (!record.success)
    throw new Error(`--kill needs "parley up" on this machine: ${file} does not name its process`);
  if (role === "nats") return pidOf(record.data.engines["nats-server"]?.pid);
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,args="]);
  const command = role === "edge" ? "edge" : "actors";
  const line = stdout
    .split("\n")
    .map((text) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(text))
    .find((match) => Number(match?.[2]) === record.data.owner && match?.[3]?.trim().endsWith(` ${command}`));
  return pidOf(line?.[1] === undefined ? undefined : Number(line[1]));
}

function pidOf(pid: number | undefined): number {
  if (pid === undefined) throw new Error("--kill: that process does not run under parley up");
  return pid;
}
