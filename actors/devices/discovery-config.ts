import type { Discovery } from "../../schemas/device.ts";
import { idPattern } from "../../schemas/ids.ts";

const shortNames: Record<string, string> = {
  stat_t: "state_topic",
  cmd_t: "command_topic",
  avty_t: "availability_topic",
  avty: "availability",
  val_tpl: "value_template",
  dev: "device",
  t: "topic",
};

/** Whose the message is, from its subject. */
export interface Discovered {
  component: string;
  user: string;
  object: string;
}

/**
 * What a Home Assistant discovery payload says, as far as Parley can use it; the rest is `unsupported` with the reason.
 * Names and abbreviations: the MQTT integration's documentation of Home Assistant, "MQTT discovery".
 */
export function readDiscovery({ component, user, object }: Discovered, text: string): Discovery {
  const config = parse(text);
  const base: Discovery = {
    _id: { user, device: object },
    name: object,
    type: component,
    path: [],
    key: "state",
  };
  if (config === null) return { ...base, unsupported: "the payload is not a JSON object" };
  const named = { ...base, name: nameOf(config, object) };
  const topics: Pick<Discovery, "source" | "command" | "availability"> = {};
  for (const [name, kind, field] of [
    ["state_topic", "update", "source"],
    ["command_topic", "command", "command"],
    ["availability_topic", "availability", "availability"],
  ] as const) {
    const topic = name === "availability_topic" ? availabilityOf(config) : config[name];
    if (topic === undefined) continue;
    const device = deviceIn(topic, user, kind);
    if (device === null) return { ...named, unsupported: `${name} is not device/${user}/<id>/${kind}` };
    topics[field] = device;
  }
  const template = config.value_template;
  const path = template === undefined ? [] : pathOf(template);
  if (path === null)
    return {
      ...named,
      ...topics,
      unsupported: `value_template can't be read: ${String(template).slice(0, 128)}`,
    };
  return { ...named, ...topics, path, key: path.at(-1) ?? "state" };
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null && !Array.isArray(json) ? expand(json) : null;
  } catch {
    return null;
  }
}

/** Full names for short ones, and the base topic `~` put in at either end. */
function expand(config: object): Record<string, unknown> {
  const { "~": base, ...rest } = config as Record<string, unknown>;
  const expanded = Object.entries(rest).map(([name, value]) => {
    const full = shortNames[name] ?? name;
    if (Array.isArray(value))
      return [
        full,
        value.map((one: unknown) =>
          typeof one === "object" && one !== null ? expand({ "~": base, ...one }) : one,
        ),
      ];
    if (typeof value !== "string" || typeof base !== "string" || !full.endsWith("topic"))
      return [full, value];
    return [full, value.replace(/^~/, base).replace(/~$/, base)];
  });
  return Object.fromEntries(expanded) as Record<string, unknown>;
}

function nameOf(config: Record<string, unknown>, object: string): string {
  const device = config.device as { name?: unknown } | undefined;
  const names = [config.name, device?.name].filter((name) => typeof name === "string" && name !== "");
  return String(names[0] ?? object).slice(0, 128);
}

function availabilityOf(config: Record<string, unknown>): unknown {
  if (config.availability_topic !== undefined) return config.availability_topic;
  const [first] = Array.isArray(config.availability) ? (config.availability as { topic?: unknown }[]) : [];
  return first?.topic;
}

function deviceIn(topic: unknown, user: string, kind: string): string | null {
  const [root, owner, device = "", last, ...rest] = String(topic).split("/");
  const ours = root === "device" && owner === user && last === kind && rest.length === 0;
  return ours && idPattern.test(device) ? device : null;
}

/** The keys of `{{ value_json.a['b'] }}`; none for `{{ value }}`. Filters that only shape the number are passed over. */
function pathOf(template: unknown): string[] | null {
  const match =
    /^\{\{\s*(value|value_json((?:\.\w+|\[['"][^'"]+['"]\])+))\s*(?:\|\s*(?:float|int|round)(?:\([\d, ]*\))?\s*)*\}\}$/.exec(
      String(template).trim(),
    );
  if (match === null) return null;
  return [...(match[2] ?? "").matchAll(/\.(\w+)|\[['"]([^'"]+)['"]\]/g)].map(
    (part) => part[1] ?? part[2] ?? "",
  );
}
