import type { FieldInfo } from "../../../schemas/documents/device.ts";
import { type Availability, readAvailability } from "./availability.ts";
import type { Config } from "./names.ts";
import { ownTopic, textOf } from "./own-topic.ts";
import { compileTemplate, type Template } from "./template.ts";
import { TemplateError } from "./template-error.ts";

/** A value of an entity: maps a topic, through a template, to a key of the device's state. */
export interface Reader {
  topic: string;
  key: string;
  template: Template | null;
  /** Members of a JSON object become separate keys (lights with `schema: json`, attributes). */
  spread: boolean;
}

/** Command topic of an entity. */
export interface Command {
  id: string;
  topic: string;
  template: Template | null;
  /** Payloads by action: `on`, `off`, `open`, … */
  payloads: Record<string, string>;
  json: boolean;
}

/** An announced component, with the fields Parley uses. */
export interface Entity {
  id: string;
  component: string;
  name: string | undefined;
  readers: Reader[];
  commands: Command[];
  availability: Availability | null;
  expireAfterMs: number | null;
  field: FieldInfo;
  unsupported: string[];
}

/** Descriptive keys that do not affect how values are processed. */
const descriptive = new Set(
  `name unique_id object_id default_entity_id device origin platform icon entity_category enabled_by_default device_class
  state_class unit_of_measurement suggested_display_precision options expire_after schema availability availability_topic
  availability_mode availability_template payload_available payload_not_available components topic encoding qos retain
  optimistic force_update entity_picture title group brightness brightness_scale color_mode supported_color_modes effect
  effect_list modes fan_modes swing_modes preset_modes temperature_unit precision min max step mode min_temp max_temp
  temp_step min_humidity max_humidity min_mireds max_mireds min_kelvin max_kelvin color_temp_kelvin white_scale
  speed_range_min speed_range_max position_open position_closed tilt_min tilt_max tilt_opened_value tilt_closed_value
  tilt_optimistic state_on state_off state_open state_opening state_closed state_closing state_stopped state_locked
  state_locking state_unlocked state_unlocking state_jammed fan_speed_list supported_features source_type code
  code_arm_required code_disarm_required code_format initial pattern flash flash_time_long flash_time_short transition
  on_command_type send_if_off display_precision migrate_discovery reports_position event_types`.split(/\s+/),
);

/** Position of a component in its announcement. */
export interface EntityPlace {
  component: string;
  /** Component's id inside its device, or the object id. */
  id: string;
  /** Key of the main value if its template has no path. */
  fallbackKey: string;
  /** Whether the component's id is the key, as in a document that announces a whole device. */
  keyIsId: boolean;
  user: string;
}

/** Parses a component; unsupported keys are added to `unsupported`. */
export function readEntity(config: Config, place: EntityPlace): Entity {
  const used = new Set(descriptive);
  const unsupported: string[] = [];
  const reading = new Reading(config, place, used, unsupported);
  const commands = reading.commands();
  const readers = reading.readers();
  for (const key of Object.keys(config)) {
    if (key.startsWith("payload_") && commands.length > 0) used.add(key);
    if (!used.has(key)) unsupported.push(key);
  }
  return {
    id: place.id,
    component: place.component,
    name: textOf(config.name),
    readers,
    commands,
    availability: readAvailability(config, place.user, unsupported),
    expireAfterMs: expiryOf(config.expire_after),
    field: fieldOf(config),
    unsupported,
  };
}

/** The time that values hold, ms; at most 10 years, which a date can hold. */
function expiryOf(seconds: unknown): number | null {
  return typeof seconds === "number" && seconds > 0 ? Math.min(seconds, 315_360_000) * 1_000 : null;
}

class Reading {
  readonly #config: Config;
  readonly #place: EntityPlace;
  readonly #used: Set<string>;
  readonly #unsupported: string[];

  constructor(config: Config, place: EntityPlace, used: Set<string>, unsupported: string[]) {
    this.#config = config;
    this.#place = place;
    this.#used = used;
    this.#unsupported = unsupported;
  }

  /** Readers for all state topics: `state_topic`, `position_topic`, `brightness_state_topic`, … */
  readers(): Reader[] {
    const readers: Reader[] = [];
    const isLight = this.#config.schema === "json" || this.#config.schema === "template";
    for (const name of Object.keys(this.#config)) {
      if (!name.endsWith("_topic") || isCommand(name) || name === "availability_topic") continue;
      const topic = this.#topic(name);
      const base = name.replace(/_?(?:state|status)?_?topic$/, "");
      const template = this.#template(templatesOf(base));
      if (topic === undefined || template === undefined) continue;
      const spread = (base === "" && this.#config.schema === "json") || base === "json_attributes";
      readers.push({ topic, key: this.#keyOf(base, template), template, spread });
    }
    const [main] = readers;
    if (isLight && main !== undefined) readers.push(...this.#partsOfLight(main.topic));
    return readers;
  }

  /** A light with `schema: template` reads all its values from one topic. */
  #partsOfLight(topic: string): Reader[] {
    return Object.keys(this.#config).flatMap((name) => {
      if (!name.endsWith("_template") || this.#used.has(name) || name.startsWith("command_")) return [];
      const template = this.#template([name]);
      const key = name.slice(0, -"_template".length);
      return template === undefined ? [] : [{ topic, key, template, spread: false }];
    });
  }

  commands(): Command[] {
    return Object.keys(this.#config).flatMap((name) => {
      if (!isCommand(name)) return [];
      const topic = this.#topic(name);
      const base = name
        .replace(/_?command_topic$/, "")
        .replace(/^set_/, "")
        .replace(/_topic$/, "");
      const templates =
        base === "" ? ["command_template"] : [`${base}_command_template`, `set_${base}_template`];
      const template = this.#template(templates);
      if (topic === undefined || template === undefined) return [];
      const { id } = this.#place;
      const json = base === "" && this.#config.schema === "json";
      return [
        { id: base === "" ? id : `${id}.${base}`, topic, template, payloads: this.#payloads(base), json },
      ];
    });
  }

  #payloads(base: string): Record<string, string> {
    if (base !== "") return {};
    const entries = Object.entries(this.#config).flatMap(([name, value]): [string, string][] => {
      const available = name === "payload_available" || name === "payload_not_available";
      if (!name.startsWith("payload_") || available || typeof value === "object") return [];
      return [[name.slice("payload_".length), String(value)]];
    });
    return Object.fromEntries(entries);
  }

  #keyOf(base: string, template: Template | null): string {
    if (base !== "") return base === "json_attributes" ? "attributes" : base;
    if (this.#place.keyIsId) return this.#place.id;
    return template?.path.at(-1) ?? this.#place.fallbackKey;
  }

  #topic(name: string): string | undefined {
    this.#used.add(name);
    const topic = ownTopic(this.#config[name], this.#place.user);
    if (topic === undefined) this.#unsupported.push(`${name} is not below device/${this.#place.user}/`);
    return topic;
  }

  /** Null without a template; undefined for an invalid one, which is added to `unsupported`. */
  #template(candidates: readonly string[]): Template | null | undefined {
    for (const name of candidates) {
      const text = textOf(this.#config[name]);
      if (this.#config[name] === undefined) continue;
      this.#used.add(name);
      if (text === undefined) return null;
      try {
        return compileTemplate(text);
      } catch (err) {
        if (!(err instanceof TemplateError)) throw err;
        this.#unsupported.push(`${name} can't be read: ${err.message}`);
        return undefined;
      }
    }
    return null;
  }
}

function isCommand(name: string): boolean {
  return name.endsWith("command_topic") || (name.startsWith("set_") && name.endsWith("_topic"));
}

function templatesOf(base: string): string[] {
  if (base === "") return ["value_template", "state_value_template", "state_template"];
  return ["value_template", "state_template", "status_template", "template"].map((end) => `${base}_${end}`);
}

function fieldOf(config: Config): FieldInfo {
  const field: FieldInfo = {};
  for (const [key, name] of [
    ["unit", "unit_of_measurement"],
    ["device_class", "device_class"],
    ["state_class", "state_class"],
    ["name", "name"],
  ] as const) {
    const text = textOf(config[name]);
    if (text !== undefined) field[key] = text.slice(0, 128);
  }
  const options = config.options ?? config.modes ?? config.effect_list;
  if (Array.isArray(options)) field.options = options.slice(0, 100).map((one) => String(one).slice(0, 128));
  for (const bound of ["min", "max", "step"] as const)
    if (typeof config[bound] === "number") field[bound] = config[bound];
  return field;
}
