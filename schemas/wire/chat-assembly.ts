import { isObject } from "../json-object.ts";
import type { ChatMessage, ToolCallDelta } from "./openai.ts";

/** A piece of an assistant message, as chunks of a completion bring it. */
export interface ReplyPiece {
  content?: string | undefined;
  reasoning_content?: string | undefined;
  tool_calls?: ToolCallDelta[] | undefined;
  /** What a provider put beside the known fields of the message. */
  fields?: Record<string, unknown> | undefined;
  /** `logprobs` of the choice. */
  logprobs?: Record<string, unknown> | undefined;
}

type ToolCall = NonNullable<ChatMessage["tool_calls"]>[number];

// Fields of which each piece repeats the whole, in place of going on.
const repeated = new Set(["type", "id", "format", "object", "role", "name", "index"]);
const deepest = 8;

/** Puts the pieces of a reply together. */
export class ReplyAssembly {
  content = "";
  reasoning = "";
  readonly #toolCalls = new Map<number, ToolCall>();
  #fields: Record<string, unknown> = {};
  #logprobs: Record<string, unknown> | undefined;

  /** Adds a piece. */
  add({ content, reasoning_content, tool_calls, fields, logprobs }: ReplyPiece): void {
    this.content += content ?? "";
    this.reasoning += reasoning_content ?? "";
    for (const delta of tool_calls ?? []) this.#addCall(delta);
    if (fields !== undefined) this.#fields = joinFields(this.#fields, fields);
    if (logprobs !== undefined) this.#logprobs = joinFields(this.#logprobs ?? {}, logprobs);
  }

  /** What was content so far turned out to be thinking. */
  retract(): void {
    this.reasoning += this.content;
    this.content = "";
  }

  /** The calls, in their order. */
  get toolCalls(): ToolCall[] {
    return [...this.#toolCalls].sort(([a], [b]) => a - b).map(([, call]) => call);
  }

  /** What a provider put beside the known fields. */
  get fields(): Record<string, unknown> {
    return this.#fields;
  }

  /** `logprobs` of the choice; undefined where none were given. */
  get logprobs(): Record<string, unknown> | undefined {
    return this.#logprobs;
  }

  #addCall({ index, id, type: _, function: called, ...fields }: ToolCallDelta): void {
    const call: ToolCall = this.#toolCalls.get(index) ?? {
      id: id ?? `call_${index}`,
      type: "function",
      function: { name: "", arguments: "" },
    };
    call.function.name += called?.name ?? "";
    call.function.arguments += called?.arguments ?? "";
    this.#toolCalls.set(index, joinFields(call, fields) as ToolCall);
  }
}

/**
 * Joins the pieces of fields that nobody here understands: texts and lists are put one behind the other, objects are
 * joined field by field, list items with the same `index` are one.
 */
export function joinFields(
  before: Record<string, unknown>,
  more: Record<string, unknown>,
): Record<string, unknown> {
  return joinObjects(before, more, 0);
}

function joinObjects(
  before: Record<string, unknown>,
  more: Record<string, unknown>,
  depth: number,
): Record<string, unknown> {
  const joined = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(more)) {
    if (value === null || value === undefined) continue;
    const old = joined.get(name);
    joined.set(name, repeated.has(name) || old === undefined ? value : joinValues(old, value, depth + 1));
  }
  return Object.fromEntries(joined);
}

function joinValues(before: unknown, more: unknown, depth: number): unknown {
  if (depth > deepest) return more;
  if (typeof before === "string" && typeof more === "string") return before + more;
  if (Array.isArray(before) && Array.isArray(more)) return joinLists(before, more, depth);
  if (!isObject(before) || !isObject(more)) return more;
  return joinObjects(before, more, depth);
}

function joinLists(before: unknown[], more: unknown[], depth: number): unknown[] {
  const joined = [...before];
  for (const item of more) {
    const index = isObject(item) ? item.index : undefined;
    const at =
      typeof index === "number" ? joined.findIndex((old) => isObject(old) && old.index === index) : -1;
    if (at < 0) joined.push(item);
    else joined[at] = joinValues(joined[at], item, depth + 1);
  }
  return joined;
}
