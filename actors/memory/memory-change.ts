import type { Fact } from "../../schemas/documents/memory.ts";

/**
 * A change of memory: a new fact; the end of one (`value`: only if the fact contains it); or a request to
 * forget something. A slot ending in `*` matches all slots with that prefix.
 */
export type MemoryChange =
  | { kind: "fact"; fact: Fact }
  | { kind: "end"; slot: string; value?: string }
  | { kind: "forget"; about: string };

/** A clause pattern. */
export interface Form {
  match: RegExp;
  /** The resulting changes; empty if the match is rejected. */
  changes(groups: string[]): MemoryChange[];
}

export function form(
  source: string,
  changes: (...groups: string[]) => MemoryChange | MemoryChange[] | undefined,
): Form {
  return {
    match: new RegExp(`^(?:${source})$`, "iu"),
    changes: (groups) => [changes(...groups) ?? []].flat(),
  };
}

export function personal(content: string, slot: string, priority = 3): MemoryChange {
  return { kind: "fact", fact: { content, slot: slot.slice(0, 128), priority, category: "personal" } };
}

export function preference(content: string, slot: string): MemoryChange {
  return { kind: "fact", fact: { content, slot: slot.slice(0, 128), priority: 2, category: "preference" } };
}

export function ended(slot: string, value?: string): MemoryChange {
  return { kind: "end", slot, ...(value !== undefined && { value }) };
}
