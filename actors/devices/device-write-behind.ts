import type { Logger } from "../../infra/log.ts";
import type { DeviceChange, DeviceDocument } from "../../schemas/documents/device.ts";
import type { Limits } from "../../schemas/limits.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { persist } from "../storage/persist.ts";
import { type DeviceStore, shownDevice } from "./device-store.ts";

/** Bytes of changes in one event, well under the limit of a message. */
const eventBytes = 128 * 1024;
const placeMs = 1_000;

type Means = Pick<ActorContext, "out" | "publisher"> & { log: Logger; limits: Limits };

/** A device whose actor has applied something that is not stored yet. */
interface Unstored {
  device: DeviceDocument;
  stored(seq: number): void;
}

/**
 * What the devices of this process have told, on its way out: frames, one per device and interval; events with every
 * change, a user's in one message; and the last states, in one write. Events and states are stored before the
 * partition's place moves on, so that the next owner begins where this one has ended.
 */
export class DeviceWriteBehind {
  readonly #means: Means;
  readonly #store: DeviceStore;
  readonly #frames = new Map<DeviceDocument, Set<string>>();
  #unstored = new Map<string, Unstored>();
  /** Changes by user, as JSON. */
  #changes = new Map<string, { id: string; text: string }[]>();
  #eventsOut: Promise<unknown> = Promise.resolve();
  /** Highest sequence that an actor has taken, by partition, and those that are not applied. */
  readonly #taken = new Map<number, number>();
  readonly #waiting = new Map<number, Set<{ seq: number }>>();
  readonly #places = new Map<number, { seq: number; at: number }>();
  #tellTimer: NodeJS.Timeout | undefined;
  #toldAt = 0;
  #storeTimer: NodeJS.Timeout | undefined;
  #storing: Promise<void> | undefined;

  constructor(means: Means, store: DeviceStore) {
    this.#means = means;
    this.#store = store;
  }

  /** A message has reached its actor; call the result when it is applied or refused. */
  taken(partition: number, seq: number): () => void {
    this.#taken.set(partition, Math.max(seq, this.#taken.get(partition) ?? 0));
    const waiting = this.#waiting.get(partition) ?? new Set();
    const mark = { seq };
    waiting.add(mark);
    this.#waiting.set(partition, waiting);
    return () => void waiting.delete(mark);
  }

  /** A device has changed, or was only heard of (`changed` is empty then). */
  changed(device: DeviceDocument, change: DeviceChange, stored: (seq: number) => void): void {
    const { user } = device._id;
    const changed = this.#frames.get(device) ?? new Set<string>();
    for (const key of change.changed) changed.add(key);
    this.#frames.set(device, changed);
    this.#unstored.set(`${user}.${device._id.device}`, { device, stored });
    const told = { id: change.id, text: JSON.stringify(change) };
    const changes = this.#changes.get(user);
    if (changes === undefined) this.#changes.set(user, [told]);
    else changes.push(told);
    this.#tellTimer ??= setTimeout(
      () => this.#tell(),
      Math.max(0, Math.ceil(this.#toldAt + this.#means.limits.deviceFrameMs - performance.now())),
    );
    this.#storeTimer ??= setTimeout(() => this.hurry(), this.#means.limits.deviceStoreMs);
  }

  /** A device is forgotten: nothing more of it is stored or shown. */
  drop(user: string, id: string): void {
    const key = `${user}.${id}`;
    const unstored = this.#unstored.get(key);
    if (unstored === undefined) return;
    this.#unstored.delete(key);
    this.#frames.delete(unstored.device);
    unstored.stored(unstored.device.seq);
  }

  /** Somebody waits: what is not stored is stored now. */
  hurry(): void {
    clearTimeout(this.#storeTimer);
    this.#storeTimer = undefined;
    if (this.#storing !== undefined) {
      // What came since that write began goes out with the next one.
      this.#storeTimer = setTimeout(() => this.hurry(), 0);
      return;
    }
    if (this.#unstored.size === 0) return;
    this.#storing = this.#storeAll()
      .catch((err: unknown) => this.#means.log.error({ err }, "devices not stored"))
      .finally(() => {
        this.#storing = undefined;
      });
  }

  /** Resolves when everything that was changed until now is stored. */
  async flush(): Promise<void> {
    await this.#storing;
    this.hurry();
    await this.#storing;
  }

  #tell(): void {
    clearTimeout(this.#tellTimer);
    this.#tellTimer = undefined;
    this.#toldAt = performance.now();
    for (const [device, changed] of this.#frames) {
      const { unsupported: _, ...shown } = shownDevice(device);
      this.#means.out.frame(device._id.user, {
        frame: {
          type: "device_update",
          device_update: { ...shown, changed: [...changed] },
          timestamp: Date.now(),
        },
      });
    }
    this.#frames.clear();
    this.#sendEvents();
  }

  #sendEvents(): void {
    const { log, publisher } = this.#means;
    const events = [...this.#changes].flatMap(([user, changes]) => eventsOf(user, changes));
    this.#changes = new Map();
    const sent = events.map(({ user, id, payload }) => {
      const subject = subjects.eventDevicesUpdated(user);
      return persist(log, "device event", () => publisher.publish(subject, payload, { id }));
    });
    this.#eventsOut = Promise.all([this.#eventsOut, ...sent]);
  }

  async #storeAll(): Promise<void> {
    const unstored = this.#unstored;
    this.#unstored = new Map();
    const places = [...this.#taken.keys()].map(
      (partition) => [partition, this.#finished(partition)] as const,
    );
    const devices = [...unstored.values()].map(({ device }) => ({ ...device }));
    this.#sendEvents();
    await Promise.all([this.#eventsOut, this.#store.write(this.#means.log, devices)]);
    for (const { _id, seq } of devices) unstored.get(`${_id.user}.${_id.device}`)?.stored(seq);
    await Promise.all(places.map(([partition, seq]) => this.#movePlace(partition, seq)));
  }

  /** Sequence up to which everything of a partition is applied. */
  #finished(partition: number): number {
    const waiting = [...(this.#waiting.get(partition) ?? [])].map(({ seq }) => seq - 1);
    return Math.min(this.#taken.get(partition) ?? 0, ...waiting);
  }

  /** A place that is behind costs the next owner some messages again, which change nothing. */
  async #movePlace(partition: number, seq: number): Promise<void> {
    const last = this.#places.get(partition);
    const now = performance.now();
    if (last !== undefined && (last.seq >= seq || now - last.at < placeMs)) return;
    this.#places.set(partition, { seq, at: now });
    await persist(this.#means.log, "device place", () => this.#store.setPlace(partition, seq));
  }
}

/** A user's changes in messages of a bounded size. */
function eventsOf(
  user: string,
  changes: readonly { id: string; text: string }[],
): { user: string; id: string; payload: string }[] {
  const parts: { id: string; text: string }[][] = [];
  let room = 0;
  for (const change of changes) {
    if (change.text.length > room) {
      parts.push([]);
      room = eventBytes;
    }
    room -= change.text.length;
    parts.at(-1)?.push(change);
  }
  return parts.map((part) => ({
    user,
    id: `${user}.${part[0]?.id}-${part.at(-1)?.id}`,
    payload: `{"user":${JSON.stringify(user)},"changes":[${part.map(({ text }) => text).join(",")}]}`,
  }));
}
