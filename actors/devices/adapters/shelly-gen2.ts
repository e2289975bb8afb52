import type { FieldInfo } from "../../../schemas/documents/device.ts";
import { isObject } from "../../../schemas/json-object.ts";
import {
  type Adapter,
  componentOf,
  type Heard,
  login,
  memberFields,
  type Node,
  type Reading,
  switchWord,
  textOfCommand,
} from "./adapter.ts";

const component =
  /^(?:switch|light|cover|input|temperature|humidity|voltmeter|devicepower|smoke|illuminance|em1?|em1?data|pm1|rgbw?|rgbcct|cct|flood|presence|thermostat|boolean|number|text|enum|button):\d+$/;
const taking: Record<string, string> = {
  switch: "switch",
  light: "light",
  cover: "cover",
  rgb: "light",
  rgbw: "light",
  cct: "light",
};
const units: Record<string, FieldInfo> = {
  apower: { unit: "W", device_class: "power" },
  voltage: { unit: "V", device_class: "voltage" },
  current: { unit: "A", device_class: "current" },
  freq: { unit: "Hz", device_class: "frequency" },
  tC: { unit: "°C", device_class: "temperature" },
  rh: { unit: "%", device_class: "humidity" },
  lux: { unit: "lx", device_class: "illuminance" },
};

/**
 * Shelly's second generation and later, with `topic_prefix` `device/<user>/<name>`: `status/switch:0`,
 * `events/rpc`, `online`, commands on `command/switch:0` and `rpc`. Source: Shelly's API documentation,
 * "MQTT" and "Notifications".
 */
export const shellyGen2: Adapter = {
  kind: "shelly-gen2",

  detect(topic) {
    const [last = "", before = ""] = [topic.at(-1), topic.at(-2)];
    const length =
      before === "status" && component.test(last) ? 2 : before === "events" && last === "rpc" ? 2 : 0;
    if (topic.includes("shellies")) return null;
    const named = /^shelly/i.test(before) && (last === "online" || last === "announce") ? 1 : 0;
    const base = topic.slice(0, -(length || named || topic.length));
    return base.length === 0 ? null : { node: base.at(-1) ?? "", base: base.join("/") };
  },

  read(heard, node) {
    const last = heard.topic.at(-1) ?? "";
    if (last === "online") return [{ ...node, online: heard.text.trim() === "true" }];
    if (!isObject(heard.json)) return [];
    if (last === "announce") return [announced(heard, node)];
    if (last === "rpc") {
      const { method, params } = heard.json;
      const notified = method === "NotifyStatus" || method === "NotifyFullStatus";
      if (!notified || !isObject(params)) return [];
      return [
        stateOf(node, Object.fromEntries(Object.entries(params).filter(([key]) => component.test(key)))),
      ];
    }
    return [stateOf(node, { [last]: heard.json })];
  },

  command(call) {
    if (isObject(call.command) && typeof call.command.method === "string") {
      const request = { id: 1, src: `${call.node}-parley`, ...call.command };
      return [{ topic: `${call.base}/rpc`, payload: JSON.stringify(request) }];
    }
    const meant = componentOf(call);
    const payload =
      isObject(call.command) && !("on" in call.command)
        ? textOfCommand(call.command)
        : switchWord(call.command, "on", "off");
    return [{ topic: `${call.base}/command/${meant}`, payload: payload.toLowerCase() }];
  },

  setup(place) {
    return [
      ...login(place),
      { name: "mqtt.server", value: `${place.host}:${place.port}` },
      { name: "mqtt.topic_prefix", value: `device/${place.user}/<name of the device>` },
      { name: "mqtt.status_ntf", value: "true" },
      { name: "mqtt.enable_control", value: "true" },
    ];
  },
};

function announced({ json }: Heard, node: Node): Reading {
  const name = isObject(json) ? json.name : undefined;
  return { ...node, ...(typeof name === "string" && name !== "" && { name }) };
}

function stateOf(node: Node, state: Record<string, unknown>): Reading {
  const components = Object.keys(state).filter((key) => Object.hasOwn(taking, key.split(":")[0] ?? ""));
  const [first] = components;
  const type = first === undefined ? {} : { components, type: taking[first.split(":")[0] ?? ""] ?? "switch" };
  return { ...node, state, deep: true, fields: memberFields(state, units), ...type };
}
