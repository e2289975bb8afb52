import { z } from "zod";
import { joinFields } from "../../../schemas/wire/chat-assembly.ts";
import type { ToolCallDelta } from "../../../schemas/wire/openai.ts";
import { type ProviderToolCall, providerToolCallSchema } from "../../../schemas/wire/provider-chunk.ts";
import { ProviderError } from "../provider-error.ts";

/** Maximum calls read from one reply. */
const maxCalls = 128;
const functionNameChars = 256;
const callFields = new Set(["index", "id", "type", "function"]);
const functionFields = new Set(["name", "arguments", "parameters", "input"]);

interface Call {
  /** Index in the reply, once it was sent to clients. */
  index: number | undefined;
  /** The provider's index. */
  at: number | undefined;
  /** The provider's id. */
  providerId: string | undefined;
  name: string;
  arguments: string;
  fields: Record<string, unknown>;
}

/** A normalized piece: coerced fields, and those of the provider separately. */
interface Piece {
  at: number | undefined;
  id: string | undefined;
  name: string;
  arguments: string;
  fields: Record<string, unknown>;
}

/**
 * Normalizes the tool calls of one reply: calls are distinguished by id and name, missing ids are generated,
 * names are sent once, indices start at 0, and arguments are strings. The first piece of a call has its id,
 * type and name.
 */
export class ToolCallPieces {
  readonly #calls: Call[] = [];
  readonly #ids = new Set<string>();
  readonly #makeId: () => string;
  #announced = 0;

  constructor(makeId: () => string) {
    this.#makeId = makeId;
  }

  /** Whether any call was sent to clients. */
  get any(): boolean {
    return this.#announced > 0;
  }

  /** Processes the calls of one chunk. @throws ProviderError when there are too many */
  push(list: readonly unknown[]): ToolCallDelta[] {
    return list.flatMap((raw, position) => {
      const parsed = providerToolCallSchema.safeParse(raw);
      if (!parsed.success) return [];
      const piece = toPiece(parsed.data, list.length > 1 ? position : undefined);
      const call = this.#callOf(piece) ?? this.#add(piece);
      return this.#extend(call, piece);
    });
  }

  /** Completes the calls at the end of the reply: a call without arguments gets an empty object. */
  end(): ToolCallDelta[] {
    return this.#calls.flatMap(({ index, arguments: text }) =>
      index !== undefined && text.trim() === "" ? [{ index, function: { arguments: "{}" } }] : [],
    );
  }

  /** The call that a piece continues; undefined when it starts a new one. */
  #callOf({ at, id, name, arguments: text }: Piece): Call | undefined {
    const here =
      at === undefined
        ? this.#calls.at(-1)
        : this.#calls.findLast((call) => call.at === at || at === undefined);
    if (id !== undefined) {
      const same = this.#calls.findLast((call) => call.providerId === id);
      if (same !== undefined) {
        const goesOn = same.at === at || !isComplete(same.arguments);
        return (name === "" || name === same.name) && goesOn ? same : undefined;
      }
      if (here === undefined || here.providerId !== undefined) return undefined;
      // The id arrived later than the name.
      return beginsAnother(here, name, text) ? undefined : here;
    }
    if (here === undefined) return name === "" ? this.#calls.at(-1) : undefined;
    return beginsAnother(here, name, text) ? undefined : here;
  }

  #add({ at, id }: Piece): Call {
    if (this.#calls.length >= maxCalls) throw new ProviderError("上游回复过大");
    const call: Call = { index: undefined, at, providerId: id, name: "", arguments: "", fields: {} };
    this.#calls.push(call);
    return call;
  }

  #extend(call: Call, piece: Piece): ToolCallDelta[] {
    call.providerId ??= piece.id;
    const repeated =
      call.arguments !== "" && piece.arguments === call.arguments && isComplete(call.arguments);
    const more = repeated ? "" : piece.arguments;
    call.arguments += more;
    const fields = newFields(call.fields, piece.fields);
    call.fields = joinFields(call.fields, fields);
    if (call.name === "") call.name = piece.name;
    if (call.name === "") return [];
    if (call.index === undefined) return [this.#announce(call)];
    const delta = {
      index: call.index,
      ...fields,
      ...(more !== "" && { function: { arguments: more } }),
    };
    return more === "" && Object.keys(fields).length === 0 ? [] : [delta];
  }

  #announce(call: Call): ToolCallDelta {
    call.index = this.#announced++;
    const id =
      call.providerId !== undefined && !this.#ids.has(call.providerId) ? call.providerId : this.#makeId();
    this.#ids.add(id);
    const called = { name: call.name, arguments: call.arguments };
    return { ...call.fields, index: call.index, id, type: "function", function: called };
  }
}

/** Whether a piece without an id starts another call instead of continuing this one. */
function beginsAnother(call: Call, name: string, text: string): boolean {
  if (name === "" || call.name === "") return false;
  if (name !== call.name) return true;
  return text.trim() !== "" && text !== call.arguments && isComplete(call.arguments);
}

/** Whether the arguments are a complete object. */
function isComplete(text: string): boolean {
  if (!text.trimEnd().endsWith("}")) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function toPiece(
  { index, id, function: nested, ...rest }: ProviderToolCall,
  position: number | undefined,
): Piece {
  // Some servers send name and arguments beside the id instead of nested.
  const called = nested ?? rest;
  const own = nested == null ? functionFields : callFields;
  const fields = Object.entries(rest).filter(
    ([name, value]) => !own.has(name) && name !== "type" && value != null,
  );
  return {
    at: index ?? position,
    id: id ? id : undefined,
    name: nameOf(called.name),
    arguments: argumentsOf(called.arguments ?? called.parameters ?? called.input),
    fields: Object.fromEntries(fields),
  };
}

function nameOf(name: unknown): string {
  return z.string().max(functionNameChars).catch("").parse(name).trim();
}

function argumentsOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

/** Fields that are new or changed. */
function newFields(known: Record<string, unknown>, fields: Record<string, unknown>): Record<string, unknown> {
  const fresh = Object.entries(fields).filter(
    ([name, value]) => !(name in known) || JSON.stringify(known[name]) !== JSON.stringify(value),
  );
  return Object.fromEntries(fresh);
}
