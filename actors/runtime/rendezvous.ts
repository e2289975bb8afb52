import { fnv1a } from "../../schemas/messages/subjects.ts";

/** Finalizer of MurmurHash3: FNV alone gives similar names similar hashes. */
function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * Highest random weight hashing: each process has a weight per partition, the highest owns it. When a process
 * joins or leaves, only its own partitions move. Null without processes.
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
