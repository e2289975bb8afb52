import type { FieldInfo } from "../../../schemas/documents/device.ts";
import type { Payload } from "../payload.ts";

/** A message of a device: its topic below the user's prefix, in levels, and its payload. */
export interface Heard extends Payload {
  topic: readonly string[];
}

/** A device as its maker's topics name it: `base` is what its command topics begin with. */
export interface Node {
  node: string;
  base: string;
}

/** What a message says of a device. */
export interface Reading extends Node {
  name?: string;
  type?: string;
  state?: Record<string, unknown>;
  /** Objects in `state` are merged into the ones before, member by member. */
  deep?: boolean;
  online?: boolean;
  fields?: Record<string, FieldInfo>;
  /** Parts that take commands. */
  components?: string[];
}

/** A command on its way: a topic below the user's prefix, and a payload. */
export interface Outgoing {
  topic: string;
  payload: string;
}

/** A command that somebody gives to a device of a maker. */
export interface CommandCall extends Node {
  components: readonly string[];
  component: string | undefined;
  command: unknown;
}

/** One setting of a device's firmware. */
export interface Setting {
  name: string;
  value: string;
}

/** What settings are made of. */
export interface SetupPlace {
  user: string;
  host: string;
  port: number;
}

/** Devices of one maker or firmware. All of it is pure: what was heard before stands in the device's state. */
export interface Adapter {
  kind: string;
  /** Whose topic this is; null for one that is none of this maker's. */
  detect(topic: readonly string[]): Node | null;
  /** What a message says; nothing for what is of no interest. */
  read(heard: Heard, node: Node): Reading[];
  /** Messages that carry a command out. @throws CommandError that names the components it could be meant for */
  command(call: CommandCall): Outgoing[];
  /** What to set on the device, so that it publishes below the user's prefix. */
  setup(place: SetupPlace): Setting[];
}

/** A command that can't be carried out as it is. */
export class CommandError extends Error {}

/** The component that is meant: the one that is named, else the only one. @throws CommandError that lists them */
export function componentOf({ components, component }: CommandCall): string {
  const meant = component ?? (components.length === 1 ? components[0] : undefined);
  if (meant === undefined || (components.length > 0 && !components.includes(meant)))
    throw new CommandError(`component (${components.join(", ")})`);
  return meant;
}

/** A command as the text of a payload. */
export function textOfCommand(command: unknown): string {
  return typeof command === "string" ? command : JSON.stringify(command);
}

/** `true`, `"ON"` and `{on: true}` alike, as the words of a maker; other texts as they are. */
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

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Login of a device: the same three settings for every firmware. */
export function login({ user, host, port }: SetupPlace): Setting[] {
  return [
    { name: "host", value: host },
    { name: "port", value: String(port) },
    { name: "user", value: user },
    { name: "password", value: "an API key of that user (POST /api/v1/keys)" },
  ];
}
