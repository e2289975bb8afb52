import type { FieldInfo } from "../../../schemas/documents/device.ts";
import { isObject } from "../../../schemas/json-object.ts";
import type { Payload } from "../payload.ts";

/** A message published by a device: topic levels below the user's prefix, and payload. */
export interface Heard extends Payload {
  topic: readonly string[];
}

/** A device as named in its vendor's topics; `base` is the prefix of its command topics. */
export interface Node {
  node: string;
  base: string;
}

/** Device data extracted from a message. */
export interface Reading extends Node {
  name?: string;
  type?: string;
  state?: Record<string, unknown>;
  /** Merges objects in `state` into the previous ones recursively. */
  deep?: boolean;
  online?: boolean;
  fields?: Record<string, FieldInfo>;
  /** Components that accept commands. */
  components?: string[];
}

/** An outgoing command: topic below the user's prefix, and payload. */
export interface Outgoing {
  topic: string;
  payload: string;
}

/** A command for a device. */
export interface CommandCall extends Node {
  components: readonly string[];
  component: string | undefined;
  command: unknown;
}

/** A firmware setting. */
export interface Setting {
  name: string;
  value: string;
}

/** Values for firmware settings. */
export interface SetupPlace {
  user: string;
  host: string;
  port: number;
}

/**
 * Adapter for the devices of one vendor or firmware. Pure functions; previous data is in the device's state.
 */
export interface Adapter {
  kind: string;
  /** The device of a topic; null if the topic is not of this vendor. */
  detect(topic: readonly string[]): Node | null;
  /** Parses a message; empty if it is irrelevant. */
  read(heard: Heard, node: Node): Reading[];
  /** Messages that execute a command. @throws CommandError listing the possible components */
  command(call: CommandCall): Outgoing[];
  /** Firmware settings that make the device publish below the user's prefix. */
  setup(place: SetupPlace): Setting[];
}

/** An invalid command. */
export class CommandError extends Error {}

/** The named component, otherwise the only one. @throws CommandError listing the components */
export function componentOf({ components, component }: CommandCall): string {
  const meant = component ?? (components.length === 1 ? components[0] : undefined);
  if (meant === undefined || (components.length > 0 && !components.includes(meant)))
    throw new CommandError(`component (${components.join(", ")})`);
  return meant;
}

/** A command as payload text. */
export function textOfCommand(command: unknown): string {
  return typeof command === "string" ? command : JSON.stringify(command);
}

/** Maps `true`, `"ON"` and `{on: true}` to the vendor's words; other texts are unchanged. */
export function switchWord(command: unknown, on: string, off: string): string {
  if (typeof command === "object" && command !== null) {
    const { on: is, state } = command as { on?: unknown; state?: unknown };
    return switchWord(is ?? state ?? JSON.stringify(command), on, off);
  }
  const word = String(command).toLowerCase();
  if (word === "on" || word === "true" || word === "1") return on;
  if (word === "off" || word === "false" || word === "0") return off;
  return String(command);
}

/** Descriptions of the members of a state's objects, as `object.member`, by the member's name. */
export function memberFields(
  state: Record<string, unknown>,
  known: Readonly<Record<string, FieldInfo>>,
): Record<string, FieldInfo> {
  const fields: Record<string, FieldInfo> = {};
  for (const [key, values] of Object.entries(state))
    for (const name of isObject(values) ? Object.keys(values) : []) {
      const field = knownField(known, name);
      if (field !== undefined) fields[`${key}.${name}`] = field;
    }
  return fields;
}

/** The description of a value. Devices choose names: `constructor` is none that we know. */
export function knownField(known: Readonly<Record<string, FieldInfo>>, name: string): FieldInfo | undefined {
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

/** Login settings of a device, the same for every firmware. */
export function login({ user, host, port }: SetupPlace): Setting[] {
  return [
    { name: "host", value: host },
    { name: "port", value: String(port) },
    { name: "user", value: user },
    { name: "password", value: "an API key of that user (POST /api/v1/keys)" },
  ];
}
