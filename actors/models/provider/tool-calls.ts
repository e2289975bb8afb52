import { z } from "zod";
import { joinFields } from "../../../schemas/wire/chat-assembly.ts";
import type { ToolCallDelta } from "../../../schemas/wire/openai.ts";
import { type ProviderToolCall, providerToolCallSchema } from "../../../schemas/wire/provider-chunk.ts";
import { ProviderError } from "../provider-error.ts";

/** Most calls of one reply that are read. */
const maxCalls = 128;
const functionNameChars = 256;
const callFields = new Set(["index", "id", "type", "function"]);
const functionFields = new Set(["name", "arguments", "parameters", "input"]);

interface Call {
  /** Its place in the reply, once it is known to clients. */
  index: number | undefined;
  /** The provider's index of it. */
  at: number | undefined;
  /** The provider's id of it. */
  givenId: string | undefined;
  name: string;
  arguments: string;
  fields: Record<string, unknown>;
}

/** A piece as it is used: coerced, its own fields apart from those of the provider. */
interface Piece {
  at: number | undefined;
  id: string | undefined;
  name: string;
  arguments: string;
  fields: Record<string, unknown>;
}

/**
 * Puts the tool calls of one reply right: they are told apart by id and name, get an id where none was given, a name
 * once, and places from 0 on; arguments are text. The first piece of a call holds its id, type and name.
 */
export class ToolCallPieces {
  readonly #calls: Call[] = [];
  readonly #ids = new Set<string>();
  readonly #makeId: () => string;
  #announced = 0;

  constructor(makeId: () => string) {
    this.#makeId = makeId;
  }

  /** Whether a call was made that clients know of. */
  get any(): boolean {
    return this.#announced > 0;
  }

  /** Takes the calls of one chunk. @throws ProviderError when there are too many */
  push(list: readonly unknown[]): ToolCallDelta[] {
    return list.flatMap((raw, position) => {
      const parsed = providerToolCallSchema.safeParse(raw);
      if (!parsed.success) return [];
      const piece = toPiece(parsed.data, list.length > 1 ? position : undefined);
      const call = this.#callOf(piece) ?? this.#add(piece);
      return this.#extend(call, piece);
    });
  }

  /** What the calls still lack when the reply has ended: a call without arguments has an empty object. */
  end(): ToolCallDelta[] {
    return this.#calls.flatMap(({ index, arguments: text }) =>
      index !== undefined && text.trim() === "" ? [{ index, function: { arguments: "{}" } }] : [],
    );
  }

  /** The call that a piece continues; undefined where it begins one. */
  #callOf({ at, id, name, arguments: text }: Piece): Call | undefined {
    const here =
      at === undefined
        ? this.#calls.at(-1)
        : this.#calls.findLast((call) => call.at === at || at === undefined);
    if (id !== undefined) {
      const same = this.#calls.findLast((call) => call.givenId === id);
      if (same !== undefined) {
        const goesOn = same.at === at || !isComplete(same.arguments);
        return (name === "" || name === same.name) && goesOn ? same : undefined;
      }
      if (here === undefined || here.givenId !== undefined) return undefined;
      // The id came later than the name.
      return beginsAnother(here, name, text) ? undefined : here;
    }
    if (here === undefined) return name === "" ? this.#calls.at(-1) : undefined;
    return beginsAnother(here, name, text) ? undefined : here;
  }

  #add({ at, id }: Piece): Call {
    if (this.#calls.length >= maxCalls) throw new ProviderError("上游回复过大");
    const call: Call = { index: undefined, at, givenId: id, name: "", arguments: "", fields: {} };
    this.#calls.push(call);
    return call;
  }

  #extend(call: Call, piece: Piece): ToolCallDelta[] {
    call.givenId ??= piece.id;
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
    const id = call.givenId !== undefined && !this.#ids.has(call.givenId) ? call.givenId : this.#makeId();
    this.#ids.add(id);
    const called = { name: call.name, arguments: call.arguments };
    return { ...call.fields, index: call.index, id, type: "function", function: called };
  }
}

/** Whether a piece without an id of its own is another call than the one that it would continue. */
function beginsAnother(call: Call, name: string, text: string): boolean {
  if (name === "" || call.name === "") return false;
  if (name !== call.name) return true;
  return text.trim() !== "" && text !== call.arguments && isComplete(call.arguments);
}

/** Whether arguments are a whole object. */
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
  // Some servers put name and arguments beside the id.
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

/** Fields that are not just repeated. */
function newFields(known: Record<string, unknown>, given: Record<string, unknown>): Record<string, unknown> {
  const fresh = Object.entries(given).filter(
    ([name, value]) => !(name in known) || JSON.stringify(known[name]) !== JSON.stringify(value),
  );
  return Object.fromEntries(fresh);
}
