import type { FieldInfo } from "../../../schemas/documents/device.ts";
import { isObject } from "../../../schemas/json-object.ts";
import {
  type Adapter,
  CommandError,
  componentOf,
  type Heard,
  login,
  memberFields,
  type Node,
  type Reading,
  switchWord,
  textOfCommand,
} from "./adapter.ts";

const told =
  /^(?:LWT|STATE|SENSOR|RESULT|INFO\d?|POWER\d*|STATUS\d*|UPTIME|MARGINS|HASS_STATE|WAKEUP|ENERGY)$/;
const prefixes = new Set(["tele", "stat"]);

/** Units of sensor values. Source: Tasmota's documentation ("MQTT", "Power Monitoring"). */
const units: Record<string, FieldInfo> = {
  Power: { unit: "W", device_class: "power" },
  ApparentPower: { unit: "VA", device_class: "apparent_power" },
  ReactivePower: { unit: "var", device_class: "reactive_power" },
  Voltage: { unit: "V", device_class: "voltage" },
  Current: { unit: "A", device_class: "current" },
  Total: { unit: "kWh", device_class: "energy", state_class: "total_increasing" },
  Today: { unit: "kWh", device_class: "energy" },
  Yesterday: { unit: "kWh", device_class: "energy" },
  Humidity: { unit: "%", device_class: "humidity" },
  Illuminance: { unit: "lx", device_class: "illuminance" },
  CarbonDioxide: { unit: "ppm", device_class: "carbon_dioxide" },
};

/**
 * Tasmota, by `%prefix%/%topic%` in either order below any base: `…/kitchen/tele/STATE` and
 * `…/tele/kitchen/STATE`, and its own discovery on `tasmota/discovery/<mac>/config` and `…/sensors`.
 */
export const tasmota: Adapter = {
  kind: "tasmota",

  detect(topic) {
    if (isDiscovery(topic)) return { node: "", base: "" };
    const last = topic.at(-1) ?? "";
    if (!told.test(last)) return null;
    const [before = "", two = ""] = [topic.at(-2), topic.at(-3)];
    if (prefixes.has(before) && two !== "") return nodeOf(two, [...topic.slice(0, -2), "cmnd"]);
    if (prefixes.has(two) && before !== "") return nodeOf(before, [...topic.slice(0, -3), "cmnd", before]);
    return null;
  },

  read(heard, node) {
    if (isDiscovery(heard.topic)) return announced(heard);
    const last = heard.topic.at(-1) ?? "";
    if (last === "LWT") return [{ ...node, online: heard.text.trim() === "Online" }];
    if (/^POWER\d*$/.test(last)) return [stateOf(node, { [last]: heard.text.trim() })];
    if (!isObject(heard.json)) return [];
    if (/^STATUS(?:0|5|6|7|[1-4])?$/.test(last) || last.startsWith("INFO")) return [];
    const { Time: _, ...said } = heard.json;
    const state = last.startsWith("STATUS")
      ? Object.assign({}, ...Object.values(said).filter(isObject))
      : said;
    const { Command: unknown, Time: _time, ...rest } = state as Record<string, unknown>;
    return unknown === undefined ? [stateOf(node, rest)] : [];
  },

  command(call) {
    const { base, command } = call;
    if (isObject(command))
      return Object.entries(command).map(([name, value]) => ({
        topic: `${base}/${commandName(name)}`,
        payload: textOfCommand(value),
      }));
    const component = call.component ?? (call.components.length === 0 ? "POWER" : componentOf(call));
    return [{ topic: `${base}/${commandName(component)}`, payload: switchWord(command, "ON", "OFF") }];
  },

  setup(place) {
    return [
      ...login(place),
      { name: "topic", value: "a name of the device, such as kitchen" },
      { name: "full topic", value: `device/${place.user}/tasmota/%topic%/%prefix%/` },
      {
        name: "console",
        value: `Backlog MqttHost ${place.host}; MqttPort ${place.port}; MqttUser ${place.user}; FullTopic device/${place.user}/tasmota/%topic%/%prefix%/; SetOption19 0`,
      },
    ];
  },
};

function nodeOf(node: string, base: readonly string[]): Node {
  return { node, base: base.join("/") };
}

function isDiscovery(topic: readonly string[]): boolean {
  const [root, word, , last, ...rest] = topic;
  return (
    root === "tasmota" &&
    word === "discovery" &&
    (last === "config" || last === "sensors") &&
    rest.length === 0
  );
}

/**
 * Tasmota's own discovery: `t` topic, `ft` full topic, `tp` prefixes, `dn` device name, `fn` friendly names,
 * `rl` relays.
 */
function announced({ topic, json }: Heard): Reading[] {
  if (!isObject(json)) return [];
  const { t, ft, tp, dn, fn, rl, md } = json;
  // Sensors also come with `tele/SENSOR`, under distinguishable names.
  if (topic.at(-1) === "sensors" || typeof t !== "string" || typeof ft !== "string") return [];
  const [cmnd = "cmnd"] = Array.isArray(tp) ? tp.map(String) : [];
  const full = ft.replace("%topic%", t).replace("%prefix%", cmnd).replace(/\/$/, "");
  const base = full.split("/").slice(2).join("/");
  const [friendly] = Array.isArray(fn) ? fn : [];
  const name = [friendly, dn].find((one) => typeof one === "string" && one !== "");
  const relays = Array.isArray(rl) ? rl.filter((one) => one !== 0).length : 0;
  const components = Array.from({ length: relays }, (_, index) =>
    relays === 1 ? "POWER" : `POWER${index + 1}`,
  );
  return [
    {
      ...{ node: t, base },
      ...(typeof name === "string" && { name }),
      ...(components.length > 0 && { components, type: "switch" }),
      ...(typeof md === "string" && { fields: { POWER: { name: md } } }),
    },
  ];
}

function stateOf(node: Node, state: Record<string, unknown>): Reading {
  const components = Object.keys(state).filter((key) => /^POWER\d*$/.test(key));
  const light = ["Dimmer", "Color", "CT", "HSBColor"].some((key) => key in state);
  const type = components.length === 0 ? {} : { type: light ? "light" : "switch", components };
  return { ...node, state, deep: true, fields: fieldsOf(state), ...type };
}

function fieldsOf(state: Record<string, unknown>): Record<string, FieldInfo> {
  const temperature = { unit: `°${String(state.TempUnit ?? "C")}`, device_class: "temperature" };
  const pressure = { unit: String(state.PressureUnit ?? "hPa"), device_class: "pressure" };
  return memberFields(state, {
    ...units,
    Temperature: temperature,
    DewPoint: temperature,
    Pressure: pressure,
  });
}

function commandName(name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]{0,31}$/.test(name))
    throw new CommandError(`component ${name.slice(0, 32)} is not a Tasmota command`);
  return name;
}
