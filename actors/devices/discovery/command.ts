import { CommandError, type Outgoing } from "../adapters/adapter.ts";
import type { Announcement } from "../announcements.ts";
import type { Command } from "./entity.ts";

/**
 * Messages that execute a command on an announced device; null if it announced no command topic.
 * @throws CommandError listing the components that accept commands
 */
export function discoveredCommand(
  announced: readonly Announcement[],
  component: string | undefined,
  command: unknown,
): Outgoing[] | null {
  const commands = announced.flatMap(({ entities }) => entities.flatMap((entity) => entity.commands));
  if (commands.length === 0) return null;
  const unknown = new CommandError(`component (${commands.map(({ id }) => id).join(", ")})`);
  if (component !== undefined) {
    const meant = commands.find(({ id }) => id === component || id.endsWith(`.${component}`));
    if (meant === undefined) throw unknown;
    return [messageOf(meant, command)];
  }
  const mains = commands.filter(({ id }) => !id.includes("."));
  const topics = new Set((mains.length > 0 ? mains : commands).map(({ topic }) => topic));
  const [main] = mains.length > 0 ? mains : commands;
  if (topics.size > 1 || main === undefined) throw unknown;
  return main.json ? [messageOf(main, command)] : spread(main, commands, command);
}

/** `{state: "ON", brightness: 100}`: sends each member to its topic. */
function spread(main: Command, commands: readonly Command[], command: unknown): Outgoing[] {
  if (typeof command !== "object" || command === null || Array.isArray(command))
    return [messageOf(main, command)];
  const parts = Object.entries(command).map(([name, value]) => {
    const meant = name === "state" ? main : commands.find(({ id }) => id === `${main.id}.${name}`);
    return meant && messageOf(meant, value);
  });
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length && known.length > 0 ? known : [messageOf(main, command)];
}

function messageOf({ topic, template, payloads, json }: Command, command: unknown): Outgoing {
  if (json) {
    const isObject = typeof command === "object" && command !== null;
    return { topic, payload: JSON.stringify(isObject ? command : { state: wordOf(command, {}) }) };
  }
  const value = wordOf(command, payloads);
  if (template === null) return { topic, payload: text(value) };
  const made = template.read({ value, value_json: value });
  return { topic, payload: text(made ?? "") };
}

/** Maps `true` to `ON`, and words to the entity's custom payloads. */
function wordOf(command: unknown, payloads: Record<string, string>): unknown {
  const word = typeof command === "boolean" ? (command ? "ON" : "OFF") : command;
  if (typeof word !== "string") return word;
  const name = word.toLowerCase();
  return Object.hasOwn(payloads, name) ? payloads[name] : word;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
