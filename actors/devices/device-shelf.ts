import { isDeepStrictEqual } from "node:util";
import type { DeviceDocument, FieldInfo } from "../../schemas/documents/device.ts";
import { idPattern } from "../../schemas/ids.ts";
import { isObject } from "../../schemas/json-object.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { DeviceStore } from "./device-store.ts";
import type { DeviceWriteBehind } from "./device-write-behind.ts";

const fieldsAtMost = 1_000;
/** Smaller states are included in events as a whole. */
const wholeStateBytes = 1_024;

/** A change to one device. */
export interface Patch {
  state?: Record<string, unknown>;
  /** Merges objects recursively. */
  deep?: boolean;
  /** Keys removed from the state. */
  gone?: readonly string[];
  name?: string | undefined;
  type?: string | undefined;
  online?: boolean;
  onlineUntil?: Date | null;
  fields?: Record<string, FieldInfo>;
  components?: readonly string[];
  unsupported?: string | undefined;
}

/** Identity of a device as given by its adapter or announcement. */
export interface Origin {
  kind: string;
  node?: string;
  base?: string;
}

/** A device message that can't be applied. */
export class DeviceRefusal extends Error {}

/** The devices of one user: loaded ones, and the origins of the others. */
export class DeviceShelf {
  readonly #user: string;
  readonly #store: DeviceStore;
  readonly #book: DeviceWriteBehind;
  readonly #limits: Pick<Limits, "userDevices" | "deviceStateBytes">;
  readonly #onStored: (seq: number) => void;
  readonly #onChanged: (device: DeviceDocument) => void;
  readonly #loaded = new Map<string, DeviceDocument>();
  readonly #known = new Map<string, Origin>();
  /** Ids by adapter and node name. */
  readonly #byNode = new Map<string, string>();
  /** Upper bound of a state's size, once measured. */
  readonly #bytesAtMost = new Map<string, number>();

  constructor(
    means: { store: DeviceStore; book: DeviceWriteBehind; limits: Limits },
    user: string,
    onStored: (seq: number) => void,
    onChanged: (device: DeviceDocument) => void,
  ) {
    this.#onChanged = onChanged;
    this.#store = means.store;
    this.#book = means.book;
    this.#limits = means.limits;
    this.#user = user;
    this.#onStored = onStored;
  }

  /** Loads the origins of all devices. Returns when online ones expire, Unix ms. */
  async load(): Promise<[id: string, at: number][]> {
    const waiting: [string, number][] = [];
    for (const one of await this.#store.origins(this.#user)) {
      const { _id, kind = "native", node, base, online, online_until } = one;
      if (online && online_until instanceof Date) waiting.push([_id.device, online_until.getTime()]);
      this.#know(_id.device, {
        kind,
        ...(node !== undefined && { node }),
        ...(base !== undefined && { base }),
      });
    }
    return waiting;
  }

  #know(id: string, origin: Origin): void {
    this.#known.set(id, origin);
    if (origin.node !== undefined) this.#byNode.set(`${origin.kind}/${origin.node}`, id);
  }

  /** Loads the devices of queued messages in one query. */
  async preload(ids: Iterable<string>): Promise<void> {
    const missing = [...new Set(ids)].filter((id) => this.#known.has(id) && !this.#loaded.has(id));
    if (missing.length === 0) return;
    const found = await this.#store.findAll(missing.map((device) => ({ user: this.#user, device })));
    for (const device of found) this.#loaded.set(device._id.device, device);
  }

  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** Ids of the devices of a kind. */
  idsOf(kind: string): string[] {
    return [...this.#known].filter(([, origin]) => origin.kind === kind).map(([id]) => id);
  }

  origin(id: string): Origin | undefined {
    return this.#known.get(id);
  }

  async find(id: string): Promise<DeviceDocument | undefined> {
    if (!this.#loaded.has(id)) await this.preload([id]);
    return this.#loaded.get(id);
  }

  /** The id of an adapter's device: its own name, unless a device of another adapter has it. */
  idFor({ kind, node = "" }: Origin): string {
    const known = this.#byNode.get(`${kind}/${node}`);
    if (known !== undefined) return known;
    const name = node.replace(/[^A-Za-z0-9_-]+/g, "_").slice(0, 64) || kind;
    const holder = this.#known.get(name);
    const shared = holder === undefined || (kind === "plain" && (holder.node ?? name) === node);
    return shared ? name : `${kind}-${name}`.slice(0, 64);
  }

  /**
   * The device; created if it is new.
   * @throws DeviceRefusal when the user has reached the device limit
   */
  async obtain(id: string, origin: Origin): Promise<DeviceDocument> {
    const found = await this.find(id);
    if (found !== undefined) return found;
    if (!idPattern.test(id)) throw new DeviceRefusal(`${id} is no device id`);
    if (this.#known.size >= this.#limits.userDevices) throw new DeviceRefusal("too many devices");
    const device: DeviceDocument = {
      _id: { user: this.#user, device: id },
      ...{ name: id, type: "", state: {}, online: false, last_seen: new Date(0), seq: 0 },
      ...origin,
    };
    this.#loaded.set(id, device);
    this.#know(id, origin);
    return device;
  }

  /**
   * Applies a patch; a message already contained in the state changes nothing.
   * @throws DeviceRefusal when the state would be too large
   */
  apply(device: DeviceDocument, seq: number, patch: Patch, bytes: number, at = new Date()): void {
    if (seq <= device.seq) return;
    const before = device.state;
    const state = merged(before, patch);
    this.#assertFits(device, state, bytes);
    const keys = [...Object.keys(patch.state ?? {}), ...(patch.gone ?? [])];
    const changed = keys.filter((key) => !isDeepStrictEqual(before[key], state[key]));
    const online = patch.online ?? device.online;
    if (online !== device.online && device.seq > 0) changed.push("online");
    device.state = state;
    device.online = online;
    if (patch.onlineUntil !== undefined) device.online_until = patch.onlineUntil;
    describe(device, patch);
    device.seq = seq;
    device.last_seen = at;
    this.#tell(device, before, changed, at);
  }

  /** Drops a device, including unstored changes. */
  forget(id: string): void {
    const origin = this.#known.get(id);
    if (origin?.node !== undefined) this.#byNode.delete(`${origin.kind}/${origin.node}`);
    this.#loaded.delete(id);
    this.#known.delete(id);
    this.#bytesAtMost.delete(id);
    this.#book.drop(this.#user, id);
  }

  /** Deletes a device that no longer has a source. */
  async remove(id: string): Promise<void> {
    this.forget(id);
    await this.#store.delete(this.#user, id);
    this.forget(id);
  }

  ids(): string[] {
    return [...this.#known.keys()];
  }

  /** Measures the state only if the bytes received since the last measurement could make it too large. */
  #assertFits({ _id }: DeviceDocument, state: DeviceDocument["state"], bytes: number): void {
    const { deviceStateBytes } = this.#limits;
    // A number such as 1e20 is stored with all digits.
    const most = (this.#bytesAtMost.get(_id.device) ?? Number.POSITIVE_INFINITY) + 6 * bytes;
    this.#bytesAtMost.set(_id.device, most);
    if (most <= deviceStateBytes) return;
    const size = Buffer.byteLength(JSON.stringify(state));
    if (size > deviceStateBytes) throw new DeviceRefusal(`state larger than ${deviceStateBytes} bytes`);
    this.#bytesAtMost.set(_id.device, size);
  }

  #tell(device: DeviceDocument, before: DeviceDocument["state"], changed: string[], at: Date): void {
    const { name, type, state, online, seq, _id } = device;
    const whole = (this.#bytesAtMost.get(_id.device) ?? Number.POSITIVE_INFINITY) <= wholeStateBytes;
    const change = {
      ...{ id: `${_id.device}.${seq}`, seq, device_id: _id.device, name, type },
      state: whole ? state : picked(state, changed),
      ...(!whole && { partial: true }),
      previous: picked(before, changed),
      ...{ changed, online, at: at.getTime() },
    };
    this.#book.changed(device, change, this.#onStored);
    if (changed.length > 0) this.#onChanged(device);
  }
}

function merged(before: DeviceDocument["state"], { state = {}, deep, gone }: Patch): DeviceDocument["state"] {
  const entries = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(state)) {
    const old = entries.get(key);
    entries.set(key, deep === true && isObject(old) && isObject(value) ? { ...old, ...value } : value);
  }
  for (const key of gone ?? []) entries.delete(key);
  return Object.fromEntries(entries);
}

function describe(device: DeviceDocument, { name, type, fields, components, unsupported }: Patch): void {
  device.name = name?.slice(0, 128) ?? device.name;
  device.type = type?.slice(0, 128) ?? device.type;
  if (unsupported !== undefined) device.unsupported = unsupported;
  if (fields !== undefined && Object.keys(device.fields ?? {}).length < fieldsAtMost)
    device.fields = { ...device.fields, ...fields };
  if (components !== undefined)
    device.components = [...new Set([...(device.components ?? []), ...components])].slice(0, fieldsAtMost);
}

function picked(state: DeviceDocument["state"], keys: readonly string[]): DeviceDocument["state"] {
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(state, key)).map((key) => [key, state[key]]));
}
