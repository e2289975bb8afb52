const shortNames: Record<string, string> = {
  stat_t: "state_topic",
  cmd_t: "command_topic",
  avty_t: "availability_topic",
  avty: "availability",
  pl_avail: "payload_available",
  pl_not_avail: "payload_not_available",
  avty_tpl: "availability_template",
  val_tpl: "value_template",
  stat_val_tpl: "state_value_template",
  dev: "device",
  cmps: "components",
  p: "platform",
  t: "topic",
};

/** What the components of a device may have in common, and say once for all. */
const shared = [
  "state_topic",
  "command_topic",
  "availability",
  "availability_topic",
  "payload_available",
  "payload_not_available",
  "availability_template",
];

type Config = Record<string, unknown>;

/** The components that a payload announces, with full names and topics; `id` is empty where it announces one alone. */
export interface Announcement {
  config: Config;
  components: { id: string; config: Config }[];
}

/**
 * Reads a Home Assistant discovery payload: one component by itself, or a device with several under `components`. Null
 * for what is no JSON object. Names and abbreviations: the MQTT integration's documentation of Home Assistant.
 */
export function readPayload(text: string): Announcement | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(json)) return null;
  const config = expand(json);
  if (!isObject(config.components)) return { config, components: [{ id: "", config }] };
  const common = Object.fromEntries(
    shared.filter((name) => name in config).map((name) => [name, config[name]]),
  );
  const components = Object.entries(config.components).flatMap(([id, one]) => {
    const own = isObject(one) ? expand({ "~": json["~"], ...one }) : {};
    // Nothing but its platform: it was taken out of the device.
    const gone = Object.keys(own).every((name) => name === "platform");
    return gone ? [] : [{ id, config: { ...common, ...own } }];
  });
  return { config, components };
}

/** Full names for short ones, and the base topic `~` put in at either end. */
function expand({ "~": base, ...rest }: Config): Config {
  const entries = Object.entries(rest).map(([name, value]): [string, unknown] => {
    const full = shortNames[name] ?? name;
    if (full === "availability") return [full, [value].flat().map((one) => topicOf(one, base))];
    if (typeof value !== "string" || typeof base !== "string" || !full.endsWith("topic"))
      return [full, value];
    return [full, value.replace(/^~/, () => base).replace(/~$/, () => base)];
  });
  return Object.fromEntries(entries);
}

function topicOf(availability: unknown, base: unknown): unknown {
  return isObject(availability) ? expand({ "~": base, ...availability }) : availability;
}

function isObject(value: unknown): value is Config {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
