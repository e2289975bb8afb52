import type { DiscoveredComponent, Discovery } from "../../schemas/documents/device.ts";
import { idPattern } from "../../schemas/ids.ts";
import { readPayload } from "./discovery-payload.ts";

/** Whose the message is, from its subject. */
export interface Discovered {
  component: string;
  user: string;
  object: string;
}

type Config = Record<string, unknown>;

/** Reads a part; undefined where it is unsupported, which is noted under the component's id. */
type Try = <T>(id: string, read: () => T) => T | undefined;

/** What an announced part can't do, in the words that the API shows. */
class Unsupported extends Error {}

/**
 * What a Home Assistant discovery payload says, as far as Parley can use it; the rest is `unsupported` with the reason.
 * A device with several components is one device, with the value of each under the component's id.
 */
export function readDiscovery(
  { component, user, object }: Discovered,
  text: string,
  most: number,
): Discovery {
  const payload = readPayload(text);
  const base: Discovery = { _id: { user, device: object }, name: object, type: component, components: [] };
  if (payload === null) return { ...base, unsupported: "the payload is not a JSON object" };
  const reasons: string[] = [];
  const tried: Try = (id, read) => {
    try {
      return read();
    } catch (err) {
      if (!(err instanceof Unsupported)) throw err;
      reasons.push(id === "" ? err.message : `${id}: ${err.message}`);
      return undefined;
    }
  };
  const announced = payload.components.slice(0, most);
  if (announced.length < payload.components.length) reasons.push(`more than ${most} components`);
  const components = announced.map(({ id, config }) => componentOf(id, config, user, tried));
  const configs = [payload.config, ...announced.map(({ config }) => config)];
  const availability = tried("", () => availabilityOf(configs, user));
  return {
    ...base,
    name: nameOf(payload.config, object),
    components,
    ...(availability !== undefined && { availability }),
    ...(reasons.length > 0 && { unsupported: [...new Set(reasons)].join("; ") }),
  };
}

function componentOf(id: string, config: Config, user: string, tried: Try): DiscoveredComponent {
  const source = tried(id, () => deviceOf(config, "state_topic", user, "update"));
  const command = tried(id, () => deviceOf(config, "command_topic", user, "command"));
  const path = tried(id, () => pathOf(config.value_template ?? config.state_value_template));
  const key = id === "" ? (path?.at(-1) ?? "state") : id;
  return { id, path: path ?? [], key, ...(source && path && { source }), ...(command && { command }) };
}

function nameOf(config: Config, object: string): string {
  const device = config.device as { name?: unknown } | undefined;
  const names = [config.name, device?.name].filter((name) => typeof name === "string" && name !== "");
  return String(names[0] ?? object).slice(0, 128);
}

/** The device that says whether this one is there: a device has one such topic, its own before its components'. */
function availabilityOf(configs: readonly Config[], user: string): string | undefined {
  for (const config of configs) {
    const [first] = Array.isArray(config.availability) ? (config.availability as Config[]) : [];
    const said =
      config.availability_topic === undefined ? first : { ...config, topic: config.availability_topic };
    if (said?.topic === undefined) continue;
    if (said.availability_template !== undefined || (said === first && said.value_template !== undefined))
      throw new Unsupported("availability has a template");
    for (const [name, word] of [
      ["payload_available", "online"],
      ["payload_not_available", "offline"],
    ] as const)
      if ((said[name] ?? word) !== word) throw new Unsupported(`${name} is not ${word}`);
    return deviceOf({ availability_topic: said.topic }, "availability_topic", user, "availability");
  }
  return undefined;
}

/** The device in a topic. @throws Unsupported for a topic that is none of the user's devices' */
function deviceOf(config: Config, name: string, user: string, kind: string): string | undefined {
  if (config[name] === undefined) return undefined;
  const [root, owner, device = "", last, ...rest] = String(config[name]).split("/");
  const ours = root === "device" && owner === user && last === kind && rest.length === 0;
  if (!ours || !idPattern.test(device)) throw new Unsupported(`${name} is not device/${user}/<id>/${kind}`);
  return device;
}

/**
 * The keys of `{{ value_json.a['b'] }}`; none for `{{ value }}`. Filters that only shape the number are passed over.
 * @throws Unsupported for any other template
 */
function pathOf(template: unknown): string[] {
  if (template === undefined) return [];
  const match =
    /^\{\{\s*(value|value_json((?:\.\w+|\[['"][^'"]+['"]\])+))\s*(?:\|\s*(?:float|int|round)(?:\([\d, ]*\))?\s*)*\}\}$/.exec(
      String(template).trim(),
    );
  if (match === null)
    throw new Unsupported(`value_template can't be read: ${String(template).slice(0, 128)}`);
  return [...(match[2] ?? "").matchAll(/\.(\w+)|\[['"]([^'"]+)['"]\]/g)].map(
    (part) => part[1] ?? part[2] ?? "",
  );
}
