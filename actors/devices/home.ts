import type { Logger } from "../../infra/log.ts";
import type { DeviceAnswer, DeviceDocument } from "../../schemas/documents/device.ts";
import { availabilitySchema, deviceUpdateSchema } from "../../schemas/documents/device.ts";
import { ForeignJsonError } from "../../schemas/foreign-json.ts";
import { idPattern } from "../../schemas/ids.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { Heard, Reading } from "./adapters/adapter.ts";
import { CommandError } from "./adapters/adapter.ts";
import { adapterOf, detect } from "./adapters/index.ts";
import { Announcements, isAnnouncementTopic } from "./announcements.ts";
import { DeviceRefusal, DeviceShelf, type Patch } from "./device-shelf.ts";
import { type DeviceStore, shownDevice } from "./device-store.ts";
import type { DeviceWriteBehind } from "./device-write-behind.ts";
import { discoveredCommand } from "./discovery/command.ts";
import { valuesOf } from "./discovery/values.ts";
import { Expiry } from "./expiry.ts";
import { HomeDiscovery } from "./home-discovery.ts";
import { HomeMirror, type MirrorMeans } from "./home-mirror.ts";
import { objectOf, type Payload, readPayload } from "./payload.ts";
import type { Refusals } from "./refusals.ts";
import { TopicMemory } from "./topic-memory.ts";

/** A message of a user's devices. `topic` is relative to `device/<user>/`. */
export interface HomeMessage {
  seq: number;
  topic: string;
  data: Uint8Array;
  at: number;
}

/** Dependencies of a home. */
export interface HomeMeans {
  store: DeviceStore;
  book: DeviceWriteBehind;
  refusals: Refusals;
  limits: Limits;
  mirror: MirrorMeans;
  log: Logger;
}

/** Last levels of topics to devices, as opposed to topics from devices. */
const outgoing = new Set(["command", "set", "get", "cmnd"]);

/**
 * The devices of one user. Topics are resolved by announcements first, then as Parley's own topics, then by
 * adapters. Messages are applied in stream order; announcement and value may come in either order.
 */
export class Home {
  readonly #means: HomeMeans;
  readonly #user: string;
  readonly #shelf: DeviceShelf;
  readonly #announcements: Announcements;
  readonly #topics: TopicMemory;
  readonly #discovery: HomeDiscovery;
  /** Announces the user's devices to Home Assistant. */
  readonly mirror: HomeMirror;
  readonly #expiry: Expiry;

  constructor(means: HomeMeans, user: string, onStored: (seq: number) => void) {
    this.#means = means;
    this.#user = user;
    this.#shelf = new DeviceShelf(means, user, onStored, (device) => this.mirror.changed(device));
    this.mirror = new HomeMirror(means.mirror, user, this.#shelf);
    this.#expiry = new Expiry((id) => {
      this.#expired(id).catch((err: unknown) =>
        means.log.warn({ err, user, device: id }, "device expiry failed"),
      );
    });
    this.#announcements = new Announcements(user, means.limits.deviceComponents);
    this.#topics = new TopicMemory(user, means.book);
    const parts = { shelf: this.#shelf, announcements: this.#announcements, topics: this.#topics };
    this.#discovery = new HomeDiscovery(means, user, { ...parts, expiry: this.#expiry });
  }

  async load(): Promise<void> {
    const { store } = this.#means;
    const [announcements, topics, waiting] = await Promise.all([
      store.announcements(this.#user),
      store.topics(this.#user),
      this.#shelf.load(),
    ]);
    for (const { _id, text } of announcements) this.#announcements.set(_id.topic, text);
    this.#topics.load(topics);
    for (const [id, at] of waiting) this.#expiry.set(id, at);
    await this.mirror.turn(await store.isMirrored(this.#user));
  }

  /** Loads the devices of queued messages in one query. */
  preload(messages: readonly { topic: string }[]): Promise<void> {
    return this.#shelf.preload(messages.map(({ topic }) => topic.slice(0, topic.indexOf("/"))));
  }

  /** Applies a message. A refused message is recorded for the user and affects nothing else. */
  async receive(message: HomeMessage): Promise<void> {
    try {
      await this.#receive(message);
    } catch (err) {
      if (!(err instanceof DeviceRefusal || err instanceof ForeignJsonError)) throw err;
      this.refuse(
        message.topic,
        err instanceof ForeignJsonError ? `${err.reason}: ${err.message}` : err.message,
      );
    }
  }

  refuse(topic: string, reason: string): void {
    this.#means.refusals.add(this.#user, `device/${this.#user}/${topic}`, reason);
  }

  /** Current devices; unknown ids are omitted. */
  async read(ids: readonly string[]): Promise<DeviceAnswer> {
    await this.#shelf.preload(ids);
    const found = await Promise.all(ids.map((id) => this.#shelf.find(id)));
    return { devices: found.filter((device) => device !== undefined).map((device) => shownDevice(device)) };
  }

  /** The messages that execute a command. */
  async command(id: string, component: string | undefined, command: unknown): Promise<DeviceAnswer> {
    const device = await this.#shelf.find(id);
    if (device === undefined) return { missing: true };
    try {
      const announced = this.#announcements.of(id);
      const messages = discoveredCommand(announced, component, command);
      if (messages !== null) return { messages };
      const { kind = "native", node = id, base = id, components = [] } = device;
      const adapter = kind === "native" || kind === "discovery" ? undefined : adapterOf(kind);
      if (adapter !== undefined)
        return { messages: adapter.command({ node, base, components, component, command }) };
      const payload = typeof command === "string" ? command : JSON.stringify(command);
      return { messages: [{ topic: `${id}/command`, payload }] };
    } catch (err) {
      if (!(err instanceof CommandError)) throw err;
      return { refused: err.message };
    }
  }

  /** Deletes a device with its announcements. */
  async forget(id: string): Promise<void> {
    this.#shelf.forget(id);
    await this.#discovery.forget(id);
  }

  /** Whether an `expire_after` timer is pending. */
  get isWaiting(): boolean {
    return this.#expiry.size > 0;
  }

  stop(): void {
    this.mirror.stop();
    this.#expiry.stop();
  }

  async #receive(message: HomeMessage): Promise<void> {
    const { topic, data } = message;
    const levels = topic.split("/");
    if (isAnnouncementTopic(levels)) return this.#discovery.announced(message);
    if (levels[0] === "parley" && levels.length > 2) return this.#ofHomeAssistant(levels, data);
    if (topic === "homeassistant/status" && this.mirror.enabled) await this.mirror.announceAll();
    if (levels[0] === "homeassistant" || outgoing.has(levels.at(-1) ?? "")) return;
    if (data.length > this.#means.limits.deviceStateBytes * 4)
      throw new DeviceRefusal(`payload larger than ${this.#means.limits.deviceStateBytes * 4} bytes`);
    const payload = readPayload(data);
    if (payload.json === undefined && payload.text.trimStart().startsWith("{"))
      throw new DeviceRefusal("payload is not valid JSON");
    const native = levels.length === 2 && idPattern.test(levels[0] ?? "") ? levels[1] : undefined;
    if (this.#announcements.claims(topic)) {
      this.#topics.heard(topic, payload.text, message.at);
      if (await this.#toEntities(message, payload)) return;
    }
    if (native === "update" && (await this.#update(levels[0] ?? "", message, payload))) return;
    if (native === "availability" && (await this.#availability(levels[0] ?? "", message, payload))) return;
    if (this.#announcements.claims(topic)) return;
    this.#topics.heard(topic, payload.text, message.at);
    await this.#toMaker(message, { ...payload, topic: levels });
  }

  /** `parley/<device>/<field>/set` and `parley/scene/<id>/set`: commands from Home Assistant. */
  async #ofHomeAssistant([, id = "", key = "", last]: string[], data: Uint8Array): Promise<void> {
    if (last !== "set" || !this.mirror.enabled) return;
    if (id === "scene") return this.mirror.runScene(key);
    const { text, json } = readPayload(data);
    const device = await this.#shelf.find(id);
    const field = decodeURIComponent(key);
    const isComponent = device?.components?.includes(field) === true;
    const on = typeof device?.state[field] === "boolean" ? text.trim() === "ON" : (json ?? text);
    const answer = await this.command(
      id,
      isComponent ? field : undefined,
      isComponent ? on : { [field]: on },
    );
    for (const { topic, payload } of answer.messages ?? [])
      this.#means.mirror.send(this.#user, topic, payload);
  }

  /** The documented `{state, name?, type?}`. Returns whether it was one. */
  async #update(id: string, message: HomeMessage, payload: Payload): Promise<boolean> {
    const given = objectOf(payload);
    if (given === null || !("state" in given)) return false;
    const update = deviceUpdateSchema.safeParse(given);
    if (!update.success) {
      const [issue] = update.error.issues;
      // The JSON of lights also has a `state`, which is a string.
      if (typeof given.state !== "object") return false;
      throw new DeviceRefusal(`${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
    }
    const { state, name, type } = update.data;
    const device = await this.#shelf.obtain(id, { kind: "native" });
    this.#apply(device, message, { state, name, type, online: this.#discovery.isAvailable(id) ?? true });
    return true;
  }

  async #availability(id: string, message: HomeMessage, { text }: Payload): Promise<boolean> {
    const said = availabilitySchema.safeParse(text.trim());
    if (!said.success) return false;
    const device = await this.#shelf.find(id);
    // Remember the value for a later announcement.
    this.#topics.heard(message.topic, text, message.at);
    if (device !== undefined) this.#apply(device, message, { online: said.data === "online" });
    return true;
  }

  async #toMaker(message: HomeMessage, heard: Heard): Promise<void> {
    const { adapter, node } = detect(heard.topic);
    if (this.#discovery.speaksFor(adapter.kind, node.node)) return;
    for (const reading of adapter.read(heard, node)) {
      if (reading.node === "*") await this.#ofAll(adapter.kind, message, reading.online ?? false);
      else if (!this.#discovery.speaksFor(adapter.kind, reading.node))
        await this.#reading(adapter.kind, message, reading);
    }
  }

  async #reading(kind: string, message: HomeMessage, reading: Reading): Promise<void> {
    const { node, base, online, state } = reading;
    const origin = { kind, node, base };
    const id = this.#shelf.idFor(origin);
    // A last will alone does not create a device.
    if (state === undefined && online !== undefined && kind === "plain" && !this.#shelf.has(id)) return;
    const device = await this.#shelf.obtain(id, origin);
    if (device.base === undefined) Object.assign(device, { node, base });
    const alive = state !== undefined && this.#said(kind, reading) !== false;
    const is = online ?? (alive ? true : undefined);
    this.#apply(device, message, { ...reading, ...(is !== undefined && { online: is }) });
  }

  /** Availability reported by the device itself; a cached value from a gateway does not set it online. */
  #said(kind: string, { base }: Reading): boolean | undefined {
    if (kind !== "zigbee2mqtt") return undefined;
    const own = this.#topics.get(`${base}/availability`)?.text;
    const bridge = this.#topics.get("zigbee2mqtt/bridge/state")?.text;
    return [own, bridge].some((text) => text?.includes("offline")) ? false : undefined;
  }

  async #ofAll(kind: string, message: HomeMessage, online: boolean): Promise<void> {
    for (const id of this.#shelf.idsOf(kind)) {
      const device = await this.#shelf.find(id);
      if (device === undefined) continue;
      const own = this.#topics.get(`${device.base}/availability`)?.text;
      this.#apply(device, message, { online: online && own?.includes("offline") !== true });
    }
  }

  /** Passes a payload to its entities; returns whether any read a value or an availability. */
  async #toEntities(message: HomeMessage, payload: Payload): Promise<boolean> {
    let used = false;
    for (const device of new Set(this.#announcements.concerning(message.topic).map((one) => one.device)))
      used = (await this.#toDevice(device, message, payload)) || used;
    return used;
  }

  async #toDevice(id: string, message: HomeMessage, payload: Payload): Promise<boolean> {
    const announced = this.#announcements.of(id);
    const { state, expiresMs, isAvailability } = valuesOf(announced, message.topic, payload);
    const hasValues = Object.keys(state).length > 0;
    if (!hasValues && !isAvailability) return false;
    const device = await this.#shelf.obtain(id, { kind: "discovery" });
    const said = this.#discovery.isAvailable(id);
    const online = said ?? (hasValues ? true : undefined);
    const until = expiresMs === null ? undefined : new Date(message.at + expiresMs);
    this.#apply(device, message, {
      state,
      ...(online !== undefined && { online }),
      ...(until !== undefined && { onlineUntil: until }),
    });
    if (until !== undefined) this.#expiry.set(id, until.getTime());
    return true;
  }

  #apply(device: DeviceDocument, { seq, data, at }: HomeMessage, patch: Patch): void {
    this.#shelf.apply(device, seq, patch, data.length, new Date(at));
  }

  async #expired(id: string): Promise<void> {
    const device = await this.#shelf.find(id);
    if (device?.online !== true) return;
    // A sequence between two messages: any later message overrides it.
    this.#shelf.apply(device, device.seq + 0.5, { online: false, onlineUntil: null }, 0, device.last_seen);
  }
}
