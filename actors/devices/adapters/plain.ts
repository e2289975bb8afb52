import { bareValue, objectOf } from "../payload.ts";
import { type Adapter, componentOf, login, textOfCommand } from "./adapter.ts";

/** Last topic levels that are not field names. */
const unnamed = new Set(["update", "state", "value", "status"]);
const presence = new Set(["status", "availability", "online", "connected", "LWT", "lwt"]);
const words: Record<string, boolean> = { online: true, offline: false, true: true, false: false };
const outgoing = new Set(["set", "get", "command", "cmnd", "cmd", "rpc", "request", "config"]);

/**
 * Devices that publish plain values: `garden/soil/moisture` with `41` is the field `soil_moisture` of the
 * device `garden`, `raw/update` with `ON` its `value`, and the members of a JSON object are fields.
 */
export const plain: Adapter = {
  kind: "plain",

  detect(topic) {
    const [node = ""] = topic;
    return { node, base: node };
  },

  read(heard, node) {
    const [, ...rest] = heard.topic;
    const last = rest.at(-1) ?? "";
    if (rest.some((level) => outgoing.has(level))) return [];
    // ESPHome publishes its log on `<topic_prefix>/debug` by default.
    if (rest.length === 1 && last === "debug" && heard.json === undefined) return [];
    const word = words[heard.text.trim().toLowerCase()];
    if (presence.has(last) && word !== undefined) return [{ ...node, online: word }];
    const levels = unnamed.has(last) ? rest.slice(0, -1) : rest;
    const value = bareValue(heard);
    if (value === undefined || levels.some((level) => level === "")) return [];
    const members = objectOf(heard);
    const prefix = levels.join("_");
    if (members === null) return [{ ...node, state: { [prefix === "" ? "value" : prefix]: value } }];
    const state = Object.entries(members).map(([key, one]) => [
      prefix === "" ? key : `${prefix}_${key}`,
      one,
    ]);
    return [{ ...node, state: Object.fromEntries(state) as Record<string, unknown> }];
  },

  command(call) {
    const component = call.component === undefined ? "" : `/${componentOf(call)}`;
    return [{ topic: `${call.base}${component}/command`, payload: textOfCommand(call.command) }];
  },

  setup(place) {
    return [
      ...login(place),
      { name: "topic", value: `device/${place.user}/<name of the device>/<name of the value>` },
      { name: "topic of last will", value: `device/${place.user}/<name of the device>/availability` },
    ];
  },
};
