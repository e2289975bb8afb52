import type { Logger } from "../../infra/log.ts";
import type { DeviceChange, DeviceDocument, DevicesUpdated } from "../../schemas/device.ts";
import type { Limits } from "../../schemas/limits.ts";
import { devicePartitionOf, subjects } from "../../schemas/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { persist } from "../persist.ts";
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
export class DeviceBook {
  readonly #means: Means;
  readonly #store: DeviceStore;
  readonly #frames = new Map<DeviceDocument, Set<string>>();
  #unstored = new Map<string, Unstored>();
  #changes = new Map<string, DeviceChange[]>();
  /** Highest sequence that an actor has taken, by partition, and the lowest that one has not applied. */
  readonly #taken = new Map<number, number>();
  readonly #waiting = new Map<number, Set<{ seq: number }>>();
  readonly #places = new Map<number, { seq: number; at: number }>();
  #frameTimer: NodeJS.Timeout | undefined;
  #framesAt = 0;
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
    return () => {
      waiting.delete(mark);
      this.#storeSoon();
    };
  }

  /** A device has changed, or was only heard of (`changed` is empty then). */
  changed(device: DeviceDocument, change: DeviceChange, stored: (seq: number) => void): void {
    const { user } = device._id;
    const changed = this.#frames.get(device) ?? new Set<string>();
    for (const key of change.changed) changed.add(key);
    this.#frames.set(device, changed);
    this.#unstored.set(`${user}.${device._id.device}`, { device, stored });
    const changes = this.#changes.get(user);
    if (changes === undefined) this.#changes.set(user, [change]);
    else changes.push(change);
    this.#frameTimer ??= setTimeout(
      () => this.#sendFrames(),
      Math.max(0, this.#framesAt + this.#means.limits.deviceFrameMs - performance.now()),
    );
    this.#storeSoon();
  }

  /** Resolves when everything that was changed until now is stored. */
  async flush(): Promise<void> {
    await this.#storing;
    if (this.#unstored.size > 0) this.#storeSoon();
    await this.#storing;
  }

  #sendFrames(): void {
    this.#frameTimer = undefined;
    this.#framesAt = performance.now();
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
  }

  #storeSoon(): void {
    this.#storing ??= new Promise((resolve) => setTimeout(resolve, this.#means.limits.deviceStoreMs))
      .then(() => this.#storeAll())
      .catch((err: unknown) => this.#means.log.error({ err }, "devices not stored"))
      .finally(() => {
        this.#storing = undefined;
        if (this.#unstored.size > 0) this.#storeSoon();
      });
  }

  async #storeAll(): Promise<void> {
    const unstored = this.#unstored;
    const changes = this.#changes;
    this.#unstored = new Map();
    this.#changes = new Map();
    const places = [...this.#taken.keys()].map(
      (partition) => [partition, this.#finished(partition)] as const,
    );
    const devices = [...unstored.values()].map(({ device }) => ({ ...device }));
    const { log, publisher } = this.#means;
    await Promise.all([
      ...[...changes]
        .flatMap(([user, all]) => eventsOf(user, all))
        .map(({ user, changes: part }) => {
          const event: DevicesUpdated = { user, changes: part };
          const id = `${part[0]?.id}-${part.at(-1)?.id}`;
          const payload = JSON.stringify(event);
          return persist(log, "device event", () =>
            publisher.publish(subjects.eventDevicesUpdated(user), payload, id),
          );
        }),
      devices.length > 0 && persist(log, "devices", () => this.#store.write(devices)),
    ]);
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
function eventsOf(user: string, all: readonly DeviceChange[]): { user: string; changes: DeviceChange[] }[] {
  const events: { user: string; changes: DeviceChange[] }[] = [];
  let room = 0;
  for (const change of all) {
    const size = JSON.stringify(change).length;
    if (size > room) {
      events.push({ user, changes: [] });
      room = eventBytes;
    }
    room -= size;
    events.at(-1)?.changes.push(change);
  }
  return events;
}

/** The partition of the device that a document is of. */
export function partitionOf({ _id }: Pick<DeviceDocument, "_id">): number {
  return devicePartitionOf(_id.user, _id.device);
}
