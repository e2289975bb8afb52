import { readFileSync } from "node:fs";

/** Clock ticks a second of /proc: 100 on every Linux that Node runs on. */
const ticksPerS = 100;

/** CPU seconds (user and system, all threads, without children) that a process has used; 0 when it has ended. */
export function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in the second field may hold anything, so fields are counted from its closing bracket.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksPerS;
  } catch {
    return 0;
  }
}

/** CPU seconds of several processes, each by its name. */
export function cpuOf<Name extends string>(pids: Record<Name, number>): Record<Name, number> {
  const entries = Object.entries<number>(pids).map(([name, pid]) => [name, cpuSeconds(pid)]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

/** CPU seconds used since `before`, by name. */
export function cpuSince<Name extends string>(
  pids: Record<Name, number>,
  before: Record<Name, number>,
): Record<Name, number> {
  const now = cpuOf(pids);
  for (const name of Object.keys(now) as Name[]) now[name] -= before[name];
  return now;
}

/** Anonymous resident memory of a process, KiB: heaps and stacks, without file mappings and kernel buffers. */
export function anonymousKiB(pid: number): number {
  const line = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1]);
}

/** Anonymous memory once it has stopped to move: within 1 % for a second, or after `ms`. */
export async function settledKiB(pid: number, ms = 6_000): Promise<number> {
  const deadline = performance.now() + ms;
  let last = anonymousKiB(pid);
  for (let calm = 0; calm < 4 && performance.now() < deadline; ) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const now = anonymousKiB(pid);
    calm = Math.abs(now - last) < last / 100 ? calm + 1 : 0;
    last = now;
  }
  return last;
}
