import type { AnyMessage } from "./define.ts";
import * as knowledge from "./knowledge.ts";
import * as memory from "./memory.ts";
import * as rejected from "./rejected.ts";

const areas = { knowledge, memory, rejected };

/** Every message that processes exchange, by area: what `docs/messages.md` and the AsyncAPI document are made of. */
export const messages: { area: string; entries: AnyMessage[] }[] = Object.entries(areas).map(
  ([area, exported]) => ({ area, entries: Object.values(exported).filter(isEntry) }),
);

function isEntry(value: unknown): value is AnyMessage {
  return typeof value === "object" && value !== null && "kind" in value && "publishers" in value;
}
