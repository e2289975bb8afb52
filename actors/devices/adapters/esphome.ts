import { isObject } from "../../../schemas/json-object.ts";
import { bareValue } from "../payload.ts";
import { type Adapter, componentOf, login, switchWord, textOfCommand } from "./adapter.ts";

const components = new Set(
  `alarm_control_panel binary_sensor button climate cover date event fan light lock number select sensor switch text
  text_sensor time update valve water_heater`.split(/\s+/),
);
const switched = new Set(["switch", "light", "fan"]);

/**
 * ESPHome with `topic_prefix` `device/<user>/<name>`: `<component>/<id>/state`, commands on
 * `<component>/<id>/command`, `status` for birth and last will. Source: its documentation, "MQTT Client
 * Component".
 */
export const esphome: Adapter = {
  kind: "esphome",

  detect(topic) {
    const at = topic.findIndex(
      (level, index) => index > 0 && components.has(level) && topic.length > index + 2,
    );
    const isState = topic.at(-1) === "state" || topic.at(-1) === "command";
    if (at < 1 || !isState) return null;
    const base = topic.slice(0, at);
    return { node: base.at(-1) ?? "", base: base.join("/") };
  },

  read(heard, node) {
    const [component = "", id = "", ...rest] = heard.topic.slice(node.base.split("/").length);
    if (rest.at(-1) !== "state") return [];
    const part = rest.slice(0, -1);
    const value = bareValue(heard);
    if (value === undefined) return [];
    const key = [id, ...part].join("_");
    const takes =
      component === "sensor" || component === "binary_sensor" || component === "text_sensor"
        ? []
        : [`${component}/${id}`];
    const flat =
      component === "light" && isObject(value)
        ? { [key]: value.state, ...prefixed(key, value) }
        : { [key]: value };
    return [
      {
        ...node,
        state: flat,
        type: takes.length > 0 ? component : "sensor",
        ...(takes.length > 0 && { components: takes }),
      },
    ];
  },

  command(call) {
    const component = componentOf({ ...call, component: fullName(call.components, call.component) });
    const word = switched.has(component.split("/")[0] ?? "") && !isObject(call.command);
    const payload = word ? switchWord(call.command, "ON", "OFF") : textOfCommand(call.command);
    return [{ topic: `${call.base}/${component}/command`, payload }];
  },

  setup(place) {
    return [
      ...login(place),
      { name: "mqtt.broker", value: place.host },
      { name: "mqtt.topic_prefix", value: `device/${place.user}/<name of the device>` },
      { name: "mqtt.discovery_prefix", value: `device/${place.user}/homeassistant` },
    ];
  },
};

function prefixed(key: string, value: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(value).filter(([name]) => name !== "state");
  return Object.fromEntries(entries.map(([name, one]) => [`${key}_${name}`, one]));
}

/** Resolves `relay` to `switch/relay` if the id is unique. */
function fullName(all: readonly string[], component: string | undefined): string | undefined {
  if (component === undefined || all.includes(component)) return component;
  const matching = all.filter((one) => one.endsWith(`/${component}`));
  return matching.length === 1 ? matching[0] : component;
}
