import type { Logger } from "../../infra/log.ts";
import type { DeviceChange, DeviceDocument, HeardTopic } from "../../schemas/documents/device.ts";
import type { Limits } from "../../schemas/limits.ts";
import { devicesUpdated } from "../../schemas/messages/events.ts";
import type { ActorContext } from "../actor-context.ts";
import { persist } from "../storage/persist.ts";
import { DeviceFrames } from "./device-frames.ts";
import type { DeviceHistory } from "./device-history.ts";
import type { DeviceStore } from "./device-store.ts";
import type { Refusals } from "./refusals.ts";

/** Bytes of changes in one event, well under the message size limit. */
const eventBytes = 128 * 1024;
const placeMs = 1_000;

type Means = Pick<ActorContext, "out" | "bus"> & {
  log: Logger;
  limits: Limits;
  refusals: Refusals;
  history: DeviceHistory;
};

type Stored = (seq: number) => void;

/**
 * Write-behind for the devices of this process: frames; events with every change, batched per user; and the
 * last states, in one write. Events and states are stored before the partition's position advances, so the
 * next owner continues without a gap.
 */
export class DeviceWriteBehind {
  readonly #means: Means;
  readonly #store: DeviceStore;
  readonly #frames: DeviceFrames;
  #unstored = new Map<string, DeviceDocument>();
  #topics = new Map<string, { _id: HeardTopic["_id"]; heard: HeardTopic | null }>();
  /** Callbacks for stored changes, by user, with the highest applied sequence. */
  #passed = new Map<string, { seq: number; stored: Stored }>();
  /** Changes by user, as JSON. */
  #changes = new Map<string, { id: string; text: string }[]>();
  #eventsOut: Promise<unknown> = Promise.resolve();
  /** Highest sequence taken by an actor, by partition, and the unapplied ones. */
  readonly #taken = new Map<number, number>();
  readonly #waiting = new Map<number, Set<{ seq: number }>>();
  readonly #places = new Map<number, { seq: number; at: number }>();
  #storeTimer: NodeJS.Timeout | undefined;
  #storing: Promise<void> | undefined;

  constructor(means: Means, store: DeviceStore) {
    this.#means = means;
    this.#store = store;
    this.#frames = new DeviceFrames(means.out, means.limits.deviceFrameMs, () => this.#sendEvents());
  }

  /** Registers a message taken by its actor; call the result once it is applied or refused. */
  taken(partition: number, seq: number): () => void {
    this.#taken.set(partition, Math.max(seq, this.#taken.get(partition) ?? 0));
    const waiting = this.#waiting.get(partition) ?? new Set();
    const mark = { seq };
    waiting.add(mark);
    this.#waiting.set(partition, waiting);
    return () => void waiting.delete(mark);
  }

  /** Records a device change; `changed` is empty if only its last-seen time changed. */
  changed(device: DeviceDocument, change: DeviceChange, stored: Stored): void {
    const { user } = device._id;
    this.#frames.changed(device, change.changed);
    this.#unstored.set(`${user}.${device._id.device}`, device);
    this.#means.history.changed(user, device._id.device, valuesOf(change), change.at);
    const told = { id: change.id, text: JSON.stringify(change) };
    const changes = this.#changes.get(user);
    if (changes === undefined) this.#changes.set(user, [told]);
    else changes.push(told);
    this.passed(user, Math.floor(device.seq), stored);
  }

  /** All messages of a user up to this sequence are applied; `stored` is called once they are stored. */
  passed(user: string, seq: number, stored: Stored): void {
    const before = this.#passed.get(user);
    this.#passed.set(user, { seq: Math.max(seq, before?.seq ?? 0), stored });
    this.#storeSoon();
  }

  topicHeard(heard: HeardTopic): void {
    const { _id } = heard;
    this.#topics.set(`${_id.user}/${_id.topic}`, { _id, heard });
  }

  topicForgotten(_id: HeardTopic["_id"]): void {
    this.#topics.set(`${_id.user}/${_id.topic}`, { _id, heard: null });
  }

  /** Drops all pending output of a deleted device. */
  drop(user: string, id: string): void {
    const key = `${user}.${id}`;
    const device = this.#unstored.get(key);
    if (device === undefined) return;
    this.#unstored.delete(key);
    this.#frames.drop(device);
  }

  /** Drops all pending output of a deleted user. */
  dropUser(user: string): void {
    for (const { _id } of [...this.#unstored.values()]) if (_id.user === user) this.drop(user, _id.device);
    for (const [key, { _id }] of this.#topics) if (_id.user === user) this.#topics.delete(key);
    this.#changes.delete(user);
  }

  /** Stores pending changes now, for a waiting caller. */
  hurry(): void {
    clearTimeout(this.#storeTimer);
    this.#storeTimer = undefined;
    if (this.#storing !== undefined) {
      // Changes since the start of that write go into the next one.
      this.#storeTimer = setTimeout(() => this.hurry(), 0);
      return;
    }
    if (this.#passed.size === 0) return;
    this.#storing = this.#storeAll()
      .catch((err: unknown) => this.#means.log.error({ err }, "devices not stored"))
      .finally(() => {
        this.#storing = undefined;
      });
  }

  /** Resolves when all changes so far are stored. */
  async flush(): Promise<void> {
    await this.#storing;
    this.hurry();
    await this.#storing;
  }

  #storeSoon(): void {
    this.#storeTimer ??= setTimeout(() => this.hurry(), this.#means.limits.deviceStoreMs);
  }

  #sendEvents(): void {
    const { log, bus } = this.#means;
    const events = [...this.#changes].flatMap(([user, changes]) => eventsOf(user, changes));
    this.#changes = new Map();
    const sent = events.map(({ user, id, payload }) => {
      const to = { user };
      return persist(log, "device event", () => bus.appendText(devicesUpdated, payload, { to, id })).catch(
        (err: unknown) => log.error({ err, user }, "device event not published"),
      );
    });
    this.#eventsOut = Promise.all([this.#eventsOut, ...sent]);
  }

  async #storeAll(): Promise<void> {
    const passed = this.#passed;
    this.#passed = new Map();
    const places = [...this.#taken.keys()].map(
      (partition) => [partition, this.#finished(partition)] as const,
    );
    const devices = [...this.#unstored.values()].map((device) => ({ ...device }));
    const topics = [...this.#topics.values()];
    this.#unstored = new Map();
    this.#topics = new Map();
    this.#sendEvents();
    const { log } = this.#means;
    const [refused] = await Promise.all([
      this.#store.write(log, devices),
      this.#store.writeTopics(log, topics),
      this.#means.history.flush(),
      this.#eventsOut,
    ]);
    for (const { item, reason } of refused)
      this.#means.refusals.add(
        item._id.user,
        `device/${item._id.user}/${item._id.device}`,
        `not stored: ${reason}`,
      );
    for (const { seq, stored } of passed.values()) stored(seq);
    await Promise.all(places.map(([partition, seq]) => this.#movePlace(partition, seq)));
  }

  /** Sequence up to which all messages of a partition are applied. */
  #finished(partition: number): number {
    let finished = this.#taken.get(partition) ?? 0;
    for (const { seq } of this.#waiting.get(partition) ?? []) finished = Math.min(finished, seq - 1);
    return finished;
  }

  /** A stale position only makes the next owner re-read some messages, which is idempotent. */
  async #movePlace(partition: number, seq: number): Promise<void> {
    const last = this.#places.get(partition);
    const now = performance.now();
    if (last !== undefined && (last.seq >= seq || now - last.at < placeMs)) return;
    this.#places.set(partition, { seq, at: now });
    await persist(this.#means.log, "device place", () => this.#store.setPlace(partition, seq));
  }
}

/** The changed keys and their values. */
function valuesOf({ changed, state, online }: DeviceChange): Record<string, unknown> {
  const values = changed.filter((key) => Object.hasOwn(state, key)).map((key) => [key, state[key]]);
  return {
    ...Object.fromEntries(values),
    ...(changed.includes("online") && !("online" in state) && { online }),
  };
}

/** Splits a user's changes into messages of bounded size. */
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
