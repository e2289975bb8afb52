import type { FieldInfo } from "../../../schemas/documents/device.ts";
import { isObject } from "../../../schemas/json-object.ts";
import { type Adapter, CommandError, type Heard, login, type Reading } from "./adapter.ts";

const root = "zigbee2mqtt";
const ignored = new Set(["set", "get", "request", "response"]);
const types = ["light", "switch", "fan", "cover", "lock", "climate"];

/**
 * Zigbee2MQTT with `base_topic` `device/<user>/zigbee2mqtt`: `<name>` has the state, `<name>/availability`
 * and `bridge/state` report availability, `bridge/devices` describes each device. Source: its documentation,
 * "MQTT topics and messages" and "Exposes".
 */
export const zigbee2mqtt: Adapter = {
  kind: root,

  detect(topic) {
    const [first, ...rest] = topic;
    if (first !== root || rest.length === 0) return null;
    if (rest[0] === "bridge") return { node: "*", base: root };
    const name = rest.at(-1) === "availability" ? rest.slice(0, -1) : rest;
    if (ignored.has(rest.at(-1) ?? "") || rest.includes("set") || rest.includes("get"))
      return { node: "", base: root };
    return { node: name.join("/"), base: `${root}/${name.join("/")}` };
  },

  read(heard, node) {
    const last = heard.topic.at(-1);
    if (heard.topic[1] === "bridge") {
      if (last === "state" && heard.topic.length === 3) return [{ ...node, online: isOnline(heard) }];
      return last === "devices" && Array.isArray(heard.json)
        ? heard.json.filter(isObject).flatMap(described)
        : [];
    }
    if (node.node === "") return [];
    if (last === "availability") return [{ ...node, online: isOnline(heard) }];
    if (!isObject(heard.json)) return [];
    const state = heard.json;
    const type =
      "brightness" in state ? { type: "light" } : typeof state.state === "string" ? { type: "switch" } : {};
    return [{ ...node, state, ...type }];
  },

  command({ base, component, command, components }) {
    if (component !== undefined && components.length > 0 && !components.includes(component))
      throw new CommandError(`component (${components.join(", ")})`);
    const payload =
      isObject(command) && component === undefined ? command : { [component ?? "state"]: command };
    return [{ topic: `${base}/set`, payload: JSON.stringify(payload) }];
  },

  setup(place) {
    return [
      ...login(place),
      { name: "mqtt.base_topic", value: `device/${place.user}/${root}` },
      { name: "mqtt.server", value: `mqtt://${place.host}:${place.port}` },
      { name: "homeassistant: discovery_topic", value: `device/${place.user}/homeassistant` },
      { name: "homeassistant: status_topic", value: `device/${place.user}/homeassistant/status` },
    ];
  },
};

function isOnline({ text, json }: Heard): boolean {
  return (isObject(json) ? json.state : text.trim()) === "online";
}

/** A device of `bridge/devices`. Bit 2 of `access` marks settable properties. */
function described(device: Record<string, unknown>): Reading[] {
  const { friendly_name: name, type, definition } = device;
  if (typeof name !== "string" || type === "Coordinator" || !isObject(definition)) return [];
  const exposes = Array.isArray(definition.exposes) ? definition.exposes.filter(isObject) : [];
  const kind = exposes.map((one) => String(one.type)).find((one) => types.includes(one));
  const features = exposes.flatMap((one) =>
    Array.isArray(one.features) ? [one, ...one.features.filter(isObject)] : [one],
  );
  const fields: Record<string, FieldInfo> = {};
  const components: string[] = [];
  for (const { property, unit, access, values, value_min, value_max } of features) {
    if (typeof property !== "string") continue;
    const field: FieldInfo = {};
    if (typeof unit === "string") field.unit = unit;
    if (Array.isArray(values)) field.options = values.slice(0, 100).map(String);
    if (typeof value_min === "number") field.min = value_min;
    if (typeof value_max === "number") field.max = value_max;
    fields[property] = field;
    if (typeof access === "number" && (access & 2) !== 0) components.push(property);
  }
  return [{ node: name, base: `${root}/${name}`, name, type: kind ?? "sensor", fields, components }];
}
