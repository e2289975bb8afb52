import type { Bus } from "../../infra/bus/bus.ts";
import type { Logger } from "../../infra/log.ts";
import type { DeviceDocument, FieldInfo } from "../../schemas/documents/device.ts";
import { deviceTopic } from "../../schemas/messages/devices.ts";
import { subjectOfTopic } from "../../schemas/messages/subjects.ts";
import type { DeviceShelf } from "./device-shelf.ts";
import { shownDevice } from "./device-store.ts";

const gatherMs = 100;
const fieldsAtMost = 256;
const onOff = /^(?:on|off)$/i;

/** A scene announced to Home Assistant. */
export interface MirroredScene {
  id: string;
  name: string;
}

/** Dependencies of a mirror. */
export interface MirrorMeans {
  bus: Pick<Bus, "signalText">;
  log: Logger;
  scenes(user: string): Promise<MirroredScene[]>;
  runScene(user: string, scene: string): Promise<void>;
  /** Sends a command below the user's prefix. */
  send(user: string, topic: string, payload: string): void;
}

/**
 * Announces a user's own devices and scenes by Home Assistant's MQTT discovery, so that a Home Assistant on
 * the same listener, with discovery prefix `device/<user>/homeassistant`, shows and switches them. Devices
 * that announce themselves are left to Home Assistant. Source: its MQTT integration, "Device discovery
 * payload".
 */
export class HomeMirror {
  readonly #means: MirrorMeans;
  readonly #user: string;
  readonly #shelf: DeviceShelf;
  readonly #changed = new Set<DeviceDocument>();
  /** Last announcement of each device. */
  readonly #announced = new Map<string, string>();
  #enabled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(means: MirrorMeans, user: string, shelf: DeviceShelf) {
    this.#means = means;
    this.#user = user;
    this.#shelf = shelf;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** Enables or disables announcements; disabling removes them. */
  async turn(enabled: boolean): Promise<void> {
    const before = this.#enabled;
    this.#enabled = enabled;
    if (enabled) await this.announceAll();
    else if (before) for (const topic of this.#announced.keys()) this.#say(topic, "");
    if (!enabled) this.#announced.clear();
  }

  /** Schedules publishing of a changed state, and of the announcement if its keys have changed. */
  changed(device: DeviceDocument): void {
    if (!this.#enabled || device.kind === "discovery") return;
    this.#changed.add(device);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const changed = [...this.#changed];
      this.#changed.clear();
      for (const one of changed) this.#show(one);
    }, gatherMs);
  }

  /** Re-announces everything after a start of Home Assistant, because messages are not retained. */
  async announceAll(): Promise<void> {
    if (!this.#enabled) return;
    this.#announced.clear();
    await this.#shelf.preload(this.#shelf.ids());
    for (const id of this.#shelf.ids()) {
      const device = await this.#shelf.find(id);
      if (device !== undefined && device.kind !== "discovery") this.#show(device);
    }
    for (const { id, name } of await this.#means.scenes(this.#user)) {
      const command_topic = this.#full(`parley/scene/${id}/set`);
      const scene = { name, unique_id: `parley_scene_${id}`, command_topic, payload_on: "ON" };
      this.#announce(`homeassistant/scene/parley_${id}/config`, { ...origin, ...scene });
    }
  }

  /** `parley/scene/<id>/set`. */
  async runScene(id: string): Promise<void> {
    try {
      await this.#means.runScene(this.#user, id);
    } catch (err) {
      this.#means.log.info({ err, user: this.#user, scene: id }, "scene requested by Home Assistant not run");
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #show(device: DeviceDocument): void {
    const id = device._id.device;
    this.#announce(`homeassistant/device/parley_${id}/config`, this.#documentOf(device));
    this.#say(`parley/${id}/state`, JSON.stringify(device.state));
    this.#say(`parley/${id}/online`, shownDevice(device).online ? "online" : "offline");
  }

  #documentOf(device: DeviceDocument) {
    const { _id, name, type, state, components = [] } = device;
    const base = `parley/${_id.device}`;
    const entries = Object.entries(state)
      .slice(0, fieldsAtMost)
      .flatMap(([key, value]) => {
        const component = componentOf(key, value, device.fields?.[key]);
        if (component === null) return [];
        const takes = component.platform === "switch" && (components.includes(key) || isSwitched(type));
        const command = { command_topic: this.#full(`${base}/${encodeURIComponent(key)}/set`) };
        const platform = component.platform === "switch" && !takes ? "binary_sensor" : component.platform;
        const unique_id = `parley_${this.#user}_${_id.device}_${key}`;
        return [[key, { ...component, platform, unique_id, ...(takes && command) }]];
      });
    return {
      ...origin,
      device: {
        identifiers: [`parley_${this.#user}_${_id.device}`],
        name,
        manufacturer: "Parley",
        model: type || "device",
      },
      state_topic: this.#full(`${base}/state`),
      availability_topic: this.#full(`${base}/online`),
      components: Object.fromEntries(entries) as Record<string, object>,
    };
  }

  /** Publishes a document if it differs from the last one. */
  #announce(topic: string, document: object): void {
    const text = JSON.stringify(document);
    if (this.#announced.get(topic) === text) return;
    this.#announced.set(topic, text);
    this.#say(topic, text);
  }

  #say(topic: string, payload: string): void {
    const to = { user: this.#user, topic: subjectOfTopic(topic) };
    this.#means.bus.signalText(deviceTopic, payload, to);
  }

  #full(topic: string): string {
    return `device/${this.#user}/${topic}`;
  }
}

/** Marks Parley's own announcements. */
const origin = { origin: { name: "parley", support_url: "https://github.com/parley" } };

function isSwitched(type: string): boolean {
  return ["light", "switch", "fan", "plug", "outlet"].includes(type);
}

function componentOf(key: string, value: unknown, { unit, device_class, state_class, name }: FieldInfo = {}) {
  const value_template = `{{ value_json[${JSON.stringify(key)}] }}`;
  const shared = { name: name ?? key, value_template };
  if (typeof value === "boolean") {
    const words = { payload_on: "ON", payload_off: "OFF" };
    return {
      platform: "switch",
      ...shared,
      ...words,
      value_template: `{{ 'ON' if value_json[${JSON.stringify(key)}] else 'OFF' }}`,
    };
  }
  if (typeof value === "string" && onOff.test(value)) {
    const [on, off] = value === value.toUpperCase() ? ["ON", "OFF"] : ["on", "off"];
    return { platform: "switch", ...shared, payload_on: on, payload_off: off };
  }
  if (typeof value === "object") return null;
  const described = {
    ...(unit !== undefined && { unit_of_measurement: unit }),
    ...(device_class !== undefined && { device_class }),
    ...(typeof value === "number" && { state_class: state_class ?? "measurement" }),
  };
  return { platform: "sensor", ...shared, ...described };
}
