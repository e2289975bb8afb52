import type { AnnouncementDocument, DeviceDocument } from "../../schemas/documents/device.ts";
import type { Limits } from "../../schemas/limits.ts";
import { detect } from "./adapters/index.ts";
import type { Announcement, Announcements } from "./announcements.ts";
import { DeviceRefusal, type DeviceShelf, type Patch } from "./device-shelf.ts";
import type { DeviceStore } from "./device-store.ts";
import { isAvailable } from "./discovery/availability.ts";
import { valuesOf } from "./discovery/values.ts";
import type { Expiry } from "./expiry.ts";
import { readPayload } from "./payload.ts";
import type { TopicMemory } from "./topic-memory.ts";

interface Parts {
  shelf: DeviceShelf;
  announcements: Announcements;
  topics: TopicMemory;
  expiry: Expiry;
}

/** A message on a discovery topic. */
interface AnnouncementMessage {
  seq: number;
  topic: string;
  data: Uint8Array;
  at: number;
}

/** Applies a user's announcements to their devices. */
export class HomeDiscovery {
  readonly #means: { store: DeviceStore; limits: Limits };
  readonly #user: string;
  readonly #shelf: DeviceShelf;
  readonly #announcements: Announcements;
  readonly #topics: TopicMemory;
  readonly #expiry: Expiry;
  /** Adapter devices replaced by an announcement. */
  #suppressed: Set<string> | undefined;

  constructor(means: { store: DeviceStore; limits: Limits }, user: string, parts: Parts) {
    this.#means = means;
    this.#user = user;
    this.#shelf = parts.shelf;
    this.#announcements = parts.announcements;
    this.#topics = parts.topics;
    this.#expiry = parts.expiry;
  }

  /** Availability of a device from its announced topics; undefined without any message. */
  isAvailable(id: string): boolean | undefined {
    const said = this.#announcements
      .of(id)
      .flatMap(({ entities }) => entities)
      .map(
        ({ availability }) => availability && isAvailable(availability, (topic) => this.#topics.get(topic)),
      )
      .filter((one) => typeof one === "boolean");
    return said.length === 0 ? undefined : said.some(Boolean);
  }

  /** Handles a discovery document: new, unchanged, changed, or (empty) removed. */
  async announced({ topic, data, seq, at }: AnnouncementMessage): Promise<void> {
    const { store, limits } = this.#means;
    const before = this.#announcements.get(topic);
    const { text } = readPayload(data);
    if (text.trim() === "") {
      if (before !== undefined) await this.#withdraw(before, seq, at);
      return;
    }
    if (before?.text === text) return;
    if (text.length > limits.deviceStateBytes) throw new DeviceRefusal("announcement too large");
    if (isOwn(text)) return;
    if (before === undefined && this.#announcements.count >= limits.userDevices)
      throw new DeviceRefusal("too many announcements");
    const announcement = this.#announcements.set(topic, text);
    this.#suppressed = undefined;
    await this.#giveUpMakers(announcement);
    const existed =
      this.#shelf.has(announcement.device) && this.#shelf.origin(announcement.device)?.kind !== "plain";
    const device = await this.#shelf.obtain(announcement.device, { kind: "discovery" });
    const document: AnnouncementDocument = { _id: { user: this.#user, topic }, text, at: new Date(at) };
    await store.setAnnouncement(document);
    const gone =
      before === undefined ? [] : keysOf([before]).filter((key) => !this.#keys(device).includes(key));
    this.#describe(device, announcement, { seq, at, gone, alive: !existed });
  }

  /** The announced device, with values received before the announcement. */
  #describe(
    device: DeviceDocument,
    announcement: Announcement,
    { seq, at, gone, alive }: { seq: number; at: number; gone: string[]; alive: boolean },
  ): void {
    const id = device._id.device;
    const all = this.#announcements.of(id);
    const state: Record<string, unknown> = {};
    let lastAt = 0;
    let until = 0;
    for (const topic of new Set(
      announcement.entities.flatMap(({ readers }) => readers.map((one) => one.topic)),
    )) {
      const word = this.#topics.get(topic);
      if (word === undefined) continue;
      const values = valuesOf(all, topic, readPayload(Buffer.from(word.text)));
      Object.assign(state, values.state);
      if (values.expiresMs !== null) until = Math.max(until, word.at + values.expiresMs);
      lastAt = Math.max(lastAt, word.at);
    }
    const said = this.isAvailable(id) ?? (alive && lastAt > 0 ? true : undefined);
    const types = new Set(all.map(({ type }) => type));
    const type = [...types].find((one) => one !== "sensor" && one !== "binary_sensor") ?? announcement.type;
    const unsupported = all
      .flatMap((one) => one.unsupported)
      .join("; ")
      .slice(0, 4_096);
    const components = all.flatMap(({ entities }) =>
      entities.flatMap(({ commands }) => commands.map((one) => one.id)),
    );
    device.components = [];
    const patch: Patch = {
      ...{ state, gone, name: announcement.name, type, components },
      fields: fieldsOf(announcement),
      ...(said !== undefined && { online: said }),
      ...(until > 0 && { onlineUntil: new Date(until) }),
    };
    if (unsupported === "") delete device.unsupported;
    else patch.unsupported = unsupported;
    this.#shelf.apply(device, seq, patch, announcement.text.length, new Date(at));
    if (until > 0) this.#expiry.set(id, until);
  }

  async #withdraw(before: Announcement, seq: number, at: number): Promise<void> {
    this.#announcements.delete(before.topic);
    this.#suppressed = undefined;
    await this.#means.store.deleteAnnouncements(this.#user, [before.topic]);
    const device = await this.#shelf.find(before.device);
    if (device === undefined) return;
    if (this.#announcements.of(before.device).length === 0 && device.kind !== "native")
      return this.#shelf.remove(before.device);
    const gone = keysOf([before]).filter((key) => !this.#keys(device).includes(key));
    this.#shelf.apply(device, seq, { gone }, 0, new Date(at));
  }

  #keys(device: DeviceDocument): string[] {
    return keysOf(this.#announcements.of(device._id.device));
  }

  /** Removes an adapter device now replaced by an announcement, with the values of its topic. */
  async #giveUpMakers({ entities, device }: Announcement): Promise<void> {
    for (const topic of new Set(entities.flatMap(({ readers }) => readers.map((one) => one.topic)))) {
      const levels = topic.split("/");
      const { adapter, node } = detect(levels);
      const id = this.#shelf.idFor({ kind: adapter.kind, node: node.node });
      const origin = this.#shelf.origin(id);
      if (origin?.kind !== adapter.kind || (origin.kind === "plain" && this.#topics.get(topic) === undefined))
        continue;
      if (adapter.kind !== "plain" || id === device || (await this.#isOnly(id, topic)))
        await this.#shelf.remove(id);
    }
  }

  /** Whether all values of a plain device come from one topic. */
  async #isOnly(id: string, topic: string): Promise<boolean> {
    const others = this.#topics.names().filter((name) => name !== topic && name.startsWith(`${id}/`));
    return others.every((name) => this.#announcements.claims(name));
  }

  /** Deletes the announcements of a device. */
  async forget(device: string): Promise<void> {
    const topics = this.#announcements.deleteOf(device);
    this.#suppressed = undefined;
    await this.#means.store.deleteAnnouncements(this.#user, topics);
  }

  /** Whether an announcement replaces an adapter device. */
  speaksFor(kind: string, node: string): boolean {
    if (kind === "plain") return false;
    if (this.#suppressed === undefined) {
      this.#suppressed = new Set();
      for (const topic of this.#announcements.topics()) {
        const found = detect(topic.split("/"));
        this.#suppressed.add(`${found.adapter.kind}/${found.node.node}`);
      }
    }
    return this.#suppressed.has(`${kind}/${node}`);
  }
}

function keysOf(announcements: readonly Announcement[]): string[] {
  return announcements.flatMap(({ entities }) =>
    entities.flatMap(({ readers }) => readers.map(({ key }) => key)),
  );
}

function fieldsOf({ entities }: Announcement) {
  return Object.fromEntries(
    entities.flatMap(({ readers, field }) => {
      const [main] = readers;
      return main === undefined || Object.keys(field).length === 0 ? [] : [[main.key, field]];
    }),
  );
}

/** Whether a document is one of Parley's own announcements. */
function isOwn(text: string): boolean {
  return /"origin":\{"name":"parley"/.test(text);
}
