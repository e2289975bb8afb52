import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A program, its arguments and its output file. */
export interface Command {
  program: string;
  args: string[];
  env?: Record<string, string>;
  logFile: string;
}

const pollMs = 50;
const inherited = /^(PATH|HOME|LANG|LC_\w+|TMPDIR|TZ|LD_LIBRARY_PATH|SSL_CERT_(FILE|DIR))$/;

/**
 * Starts a program that outlives this process: in its own process group (no Ctrl-C from our terminal) and
 * with a file for its output (a pipe would break when we exit).
 * @returns its pid
 * @throws Error when the program can't be spawned
 */
export function startDetached({ program, args, env, logFile }: Command): Promise<number> {
  mkdirSync(dirname(logFile), { recursive: true });
  const output = openSync(logFile, "a", 0o600);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      detached: true,
      stdio: ["ignore", output, output],
      env: { ...inheritedEnvironment(), ...env },
    });
    closeSync(output);
    child.once("error", reject);
    child.once("spawn", () => resolve(child.pid as number));
    child.unref();
  });
}

/** Our environment as third-party programs may see it: without settings and secrets. */
export function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => inherited.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}

/** Whether the process exists and is not a zombie. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

/** The command line of a process, its words joined by spaces; empty when unknown. */
export async function commandLine(pid: number): Promise<string> {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    // No procfs (macOS): ask ps.
  }
  return new Promise((resolve) => {
    const ps = spawn("ps", ["-o", "command=", "-p", String(pid)], { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    ps.stdout.on("data", (bytes: Buffer) => {
      text += bytes.toString();
    });
    ps.once("error", () => resolve(""));
    ps.once("close", () => resolve(text.trim()));
  });
}

/** Resolves true when the process has exited, false if it still runs after `timeoutMs`. */
export async function waitGone(pid: number, timeoutMs: number): Promise<boolean> {
  for (let waited = 0; isRunning(pid); waited += pollMs) {
    if (waited >= timeoutMs) return false;
    await delay(pollMs);
  }
  return true;
}

/** Sends SIGTERM, and SIGKILL after `graceMs`. */
export async function endProcess(pid: number, graceMs: number): Promise<void> {
  if (!isRunning(pid)) return;
  process.kill(pid, "SIGTERM");
  if (await waitGone(pid, graceMs)) return;
  process.kill(pid, "SIGKILL");
  await waitGone(pid, graceMs);
}

/** The last lines of a log file, for an error message. */
export function tail(file: string, lines = 8): string {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}
