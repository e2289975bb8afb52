import type { FieldInfo } from "../../../schemas/documents/device.ts";
import { isObject } from "../../../schemas/json-object.ts";
import { bareValue } from "../payload.ts";
import { type Adapter, componentOf, knownField, login, switchWord, textOfCommand } from "./adapter.ts";

const parts = new Set([
  "relay",
  "light",
  "color",
  "white",
  "roller",
  "input",
  "input_event",
  "longpush",
  "emeter",
  "ext_temperature",
  "ext_humidity",
  "ext_switch",
  "sensor",
  "adc",
  "meter",
]);
const single = new Set([
  "online",
  "announce",
  "info",
  "temperature",
  "temperature_f",
  "overtemperature",
  "voltage",
  "temperature_status",
]);
const units: Record<string, FieldInfo> = {
  power: { unit: "W", device_class: "power" },
  energy: { unit: "Wmin", device_class: "energy" },
  voltage: { unit: "V", device_class: "voltage" },
  current: { unit: "A", device_class: "current" },
  temperature: { unit: "°C", device_class: "temperature" },
  humidity: { unit: "%", device_class: "humidity" },
  battery: { unit: "%", device_class: "battery" },
  lux: { unit: "lx", device_class: "illuminance" },
  total: { unit: "Wh", device_class: "energy" },
};

/**
 * Shelly's first generation: `shellies/<id>/relay/0` and so on below the user's prefix. Source: Shelly's API
 * documentation of the first generation, "MQTT".
 */
export const shellyGen1: Adapter = {
  kind: "shelly-gen1",

  detect(topic) {
    const at = topic.findIndex(
      (level, index) => topic[index - 1] === "shellies" || /^shelly[a-z0-9]+-[0-9A-Fa-f]{6,12}$/.test(level),
    );
    const next = topic[at + 1];
    if (
      at < 0 ||
      next === undefined ||
      !(parts.has(next) || (single.has(next) && topic[at - 1] === "shellies"))
    )
      return null;
    return { node: topic[at] ?? "", base: topic.slice(0, at + 1).join("/") };
  },

  read(heard, node) {
    const path = heard.topic.slice(node.base.split("/").length);
    const [first = "", index = "", sub] = path;
    if (first === "online") return [{ ...node, online: heard.text.trim() === "true" }];
    if (first === "announce") {
      const model = isObject(heard.json) ? heard.json.model : undefined;
      return [{ ...node, ...(typeof model === "string" && { fields: { model: { name: model } } }) }];
    }
    const last = path.at(-1);
    if (first === "info" || last === "command" || last === "set") return [];
    const value = bareValue(heard);
    if (value === undefined) return [];
    const key = first === "sensor" ? index : path.join("_");
    const takes = ["relay", "light", "color", "white", "roller"].includes(first) ? [`${first}/${index}`] : [];
    const type =
      first === "relay" ? "switch" : first === "roller" ? "cover" : takes.length > 0 ? "light" : "sensor";
    const unit = knownField(units, sub ?? (first === "sensor" ? index : first));
    return [
      {
        ...node,
        state: { [key]: value },
        type,
        ...(unit && { fields: { [key]: unit } }),
        ...(takes.length > 0 && { components: takes }),
      },
    ];
  },

  command(call) {
    const component = componentOf(call);
    const topic = `${call.base}/${component}`;
    if (isObject(call.command)) return [{ topic: `${topic}/set`, payload: textOfCommand(call.command) }];
    if (component.startsWith("roller/") && typeof call.command === "number")
      return [{ topic: `${topic}/command/pos`, payload: String(call.command) }];
    return [{ topic: `${topic}/command`, payload: switchWord(call.command, "on", "off").toLowerCase() }];
  },

  setup(place) {
    return [
      ...login(place),
      { name: "server", value: `${place.host}:${place.port}` },
      { name: "prefix", value: `device/${place.user}/shellies/<id>` },
    ];
  },
};
