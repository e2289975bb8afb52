import { isDeepStrictEqual } from "node:util";
import type { Logger } from "../../infra/log.ts";
import {
  availabilitySchema,
  type DeviceDocument,
  type DeviceUpdate,
  deviceUpdateSchema,
} from "../../schemas/documents/device.ts";
import type { Limits } from "../../schemas/limits.ts";
import { devicePartitionOf, lastToken } from "../../schemas/messages/subjects.ts";
import type { AbortedRun, KeyedActor, LogEntry } from "../runtime/keyed-actor.ts";
import type { DeviceLookup } from "./device-lookup.ts";
import type { DeviceWriteBehind } from "./device-write-behind.ts";
import type { RawTopics } from "./raw-topics.ts";

const decoder = new TextDecoder();

/** What a device's actor works with. */
export interface DeviceMeans {
  lookup: DeviceLookup;
  book: DeviceWriteBehind;
  raw: RawTopics;
  log: Logger;
  limits: Limits;
}

interface DeviceMessage extends LogEntry {
  applied(): void;
}

/** One device: it applies what arrives, in the order of the stream, to the state that it holds in memory. */
export class DeviceActor implements KeyedActor {
  readonly #means: DeviceMeans;
  readonly #user: string;
  readonly #id: string;
  readonly #partition: number;
  readonly #letters: DeviceMessage[] = [];
  #device: DeviceDocument | null = null;
  #working = false;
  #hurried = false;
  /** Bound of the state's size, once measured. */
  #bytesAtMost = Number.POSITIVE_INFINITY;
  #highest = 0;
  #storedSeq = 0;
  #waiters: { seq: number; resolve(): void }[] = [];
  #usedAt = performance.now();
  #abandoned = false;

  constructor(means: DeviceMeans, user: string, id: string) {
    this.#means = means;
    this.#user = user;
    this.#id = id;
    this.#partition = devicePartitionOf(user, id);
  }

  deliver(entry: LogEntry): void {
    if (this.#abandoned || entry.seq <= this.#highest) return;
    this.#highest = entry.seq;
    this.#usedAt = performance.now();
    this.#letters.push({ ...entry, applied: this.#means.book.taken(this.#partition, entry.seq) });
    void this.#work();
  }

  /** Resolves when the change of this message (of the last one) is stored, or was refused. */
  settled(seq = this.#highest): Promise<void> {
    if (this.#storedSeq >= seq) return Promise.resolve();
    this.#hurried = true;
    this.#means.book.hurry();
    return new Promise((resolve) => this.#waiters.push({ seq, resolve }));
  }

  /** Its state is forgotten, also what was not stored yet: the next message begins with what is stored. */
  forget(): void {
    this.#device = null;
    this.#bytesAtMost = Number.POSITIVE_INFINITY;
    this.#means.book.drop(this.#user, this.#id);
  }

  async quiesce(): Promise<AbortedRun[]> {
    await this.#means.book.flush();
    return [];
  }

  abandon(): void {
    this.#abandoned = true;
    for (const letter of this.#letters.splice(0)) letter.applied();
    this.#stored(Number.POSITIVE_INFINITY);
  }

  isIdle(before: number): boolean {
    return this.#letters.length === 0 && this.#usedAt < before && this.#storedSeq >= this.#highest;
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      for (let letter = this.#letters[0]; letter !== undefined; letter = this.#letters[0]) {
        if (this.#device === null) await this.#load();
        if (this.#abandoned) return;
        const applying = this.#apply(letter);
        if (applying !== undefined) await applying;
        this.#letters.shift();
        letter.applied();
      }
    } catch (err) {
      this.#means.log.error({ err, device: this.#id }, "device stopped working");
      for (const letter of this.#letters.splice(0)) letter.applied();
    } finally {
      this.#working = false;
    }
  }

  async #load(): Promise<void> {
    const _id = { user: this.#user, device: this.#id };
    this.#device = (await this.#means.lookup.find(_id)) ?? {
      _id,
      name: this.#id,
      type: "",
      state: {},
      online: false,
      last_seen: new Date(0),
      seq: 0,
    };
    this.#storedSeq = Math.max(this.#storedSeq, this.#device.seq);
  }

  /** Answers at once where nothing has to be looked up, which is nearly always. */
  #apply({ seq, subject, data }: DeviceMessage): Promise<void> | undefined {
    const device = this.#device;
    if (device === null || seq <= device.seq) this.#stored(seq);
    else if (device.seq === 0) return this.#applyNew(device, seq, subject, data);
    else return this.#take(device, seq, subject, data);
    return undefined;
  }

  async #applyNew(device: DeviceDocument, seq: number, subject: string, data: Uint8Array): Promise<void> {
    if (await this.#means.lookup.admits(this.#user)) await this.#take(device, seq, subject, data);
    else this.#stored(seq);
  }

  #take(device: DeviceDocument, seq: number, subject: string, data: Uint8Array): Promise<void> | undefined {
    const text = decoder.decode(data);
    if (lastToken(subject) === "availability") return this.#availability(device, seq, text.trim());
    let json: unknown = text;
    try {
      json = JSON.parse(text);
    } catch {
      // Discovered devices may send plain text.
    }
    const update = deviceUpdateSchema.safeParse(json);
    if (!update.success) return this.#takeRaw(device, seq, json);
    this.#merge(device, seq, update.data, data.length);
    return undefined;
  }

  /** A payload of another form, whose meaning may have been discovered. */
  async #takeRaw(device: DeviceDocument, seq: number, payload: unknown): Promise<void> {
    const update = await this.#means.raw.updateFrom(this.#user, this.#id, payload);
    if (update === null) this.#ignore(seq);
    else this.#merge(device, seq, update, JSON.stringify(update).length);
  }

  #ignore(seq: number): void {
    this.#means.log.debug({ user: this.#user, device: this.#id }, "device update ignored");
    this.#stored(seq);
  }

  #merge(device: DeviceDocument, seq: number, update: DeviceUpdate, bytes: number): void {
    const previous = device.state;
    const state = Object.fromEntries([...Object.entries(previous), ...Object.entries(update.state)]);
    if (this.#isTooLarge(state, bytes)) {
      this.#ignore(seq);
      return;
    }
    const changed = Object.keys(update.state).filter(
      (key) => !Object.hasOwn(previous, key) || !isDeepStrictEqual(previous[key], state[key]),
    );
    if (!device.online && device.seq > 0) changed.push("online");
    device.state = state;
    device.online = true;
    device.name = update.name ?? device.name;
    device.type = update.type ?? device.type;
    this.#changed(device, seq, previous, changed);
  }

  /** The state is measured only where what came since it was measured last may have made it too large. */
  #isTooLarge(state: DeviceDocument["state"], bytes: number): boolean {
    const { deviceStateBytes } = this.#means.limits;
    // A number such as 1e20 is written out in the state.
    this.#bytesAtMost += 6 * bytes;
    if (this.#bytesAtMost <= deviceStateBytes) return false;
    const size = JSON.stringify(state).length;
    if (size <= deviceStateBytes) this.#bytesAtMost = size;
    return size > deviceStateBytes;
  }

  async #availability(device: DeviceDocument, seq: number, text: string): Promise<void> {
    const availability = availabilitySchema.safeParse(text);
    const online = availability.data === "online";
    if (!availability.success) return this.#stored(seq);
    const flips = device.online !== online;
    device.online = online;
    this.#changed(device, seq, device.state, flips ? ["online"] : []);
    if (flips) await this.#means.raw.passAvailability(this.#user, this.#id, online);
  }

  #changed(device: DeviceDocument, seq: number, previous: DeviceDocument["state"], changed: string[]): void {
    const at = new Date();
    device.seq = seq;
    device.last_seen = at;
    const { name, type, state, online } = device;
    const change = {
      id: `${this.#id}.${seq}`,
      device_id: this.#id,
      ...{ name, type, state, previous, changed, online },
      at: at.getTime(),
    };
    this.#means.book.changed(device, change, this.#onStored);
    if (this.#hurried) this.#means.book.hurry();
  }

  readonly #onStored = (seq: number): void => this.#stored(seq);

  #stored(seq: number): void {
    this.#storedSeq = Math.max(this.#storedSeq, seq);
    this.#waiters = this.#waiters.filter((waiter) => {
      if (waiter.seq > this.#storedSeq) return true;
      waiter.resolve();
      return false;
    });
    this.#hurried = this.#waiters.length > 0;
  }
}
