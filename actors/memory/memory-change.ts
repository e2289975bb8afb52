import type { Fact } from "../../schemas/documents/memory.ts";

/**
 * What a text does to memory: a new fact; the end of one (`value`: only if the fact names it), or the wish that something
 * is forgotten. A slot that ends in `*` stands for all slots that begin so.
 */
export type MemoryChange =
  | { kind: "fact"; fact: Fact }
  | { kind: "end"; slot: string; value?: string }
  | { kind: "forget"; about: string };

/** A form that a clause may have. */
export interface Form {
  match: RegExp;
  /** What it does; nothing where it is none after all. */
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
