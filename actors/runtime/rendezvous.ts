import { fnv1a } from "../../schemas/messages/subjects.ts";

/** Final mix of MurmurHash3: FNV alone leaves close names with close hashes. */
function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * Highest-random-weight choice: each process gives the partition a weight, the highest owns it. When a process comes or
 * goes only its own partitions change hands. Null when there is no process.
 */
export function rendezvous(processes: Iterable<string>, group: string, partition: number): string | null {
  let owner: string | null = null;
  let best = -1;
  for (const id of processes) {
    const weight = mix(fnv1a(`${id}/${group}/${partition}`));
    if (weight > best || (weight === best && owner !== null && id < owner)) {
      owner = id;
      best = weight;
    }
  }
  return owner;
}
