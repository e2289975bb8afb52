import { isObject } from "../../schemas/json-object.ts";
import { type Entity, readEntity } from "./discovery/entity.ts";
import { type Config, type Announcement as Document, readAnnouncement } from "./discovery/names.ts";
import { textOf } from "./discovery/own-topic.ts";
import { objectOf, payloadOf } from "./payload.ts";

/** A discovery document and the entities it announces, all of one device. */
export interface Announcement {
  topic: string;
  text: string;
  device: string;
  name: string;
  type: string;
  entities: Entity[];
  /** Unsupported parts of the document, with reasons. */
  unsupported: string[];
}

/** Whether a topic below the user's prefix is a discovery topic:
 * `homeassistant/<component>/[<node>/]<object>/config`. */
export function isAnnouncementTopic(levels: readonly string[]): boolean {
  return (
    levels[0] === "homeassistant" &&
    levels.at(-1) === "config" &&
    (levels.length === 4 || levels.length === 5)
  );
}

/** The announcements of one user, indexed by device and topic. */
export class Announcements {
  readonly #user: string;
  readonly #componentsAtMost: number;
  readonly #all = new Map<string, Announcement>();
  /** Device ids by the identifiers shared by its announcements. */
  readonly #byIdentifier = new Map<string, string>();
  #byTopic = new Map<string, Announcement[]>();
  #byDevice = new Map<string, Announcement[]>();
  #indexed = true;

  constructor(user: string, componentsAtMost: number) {
    this.#user = user;
    this.#componentsAtMost = componentsAtMost;
  }

  get(topic: string): Announcement | undefined {
    return this.#all.get(topic);
  }

  get count(): number {
    return this.#all.size;
  }

  /** All announcements of a device. */
  of(device: string): readonly Announcement[] {
    if (!this.#indexed) this.#index();
    return this.#byDevice.get(device) ?? [];
  }

  /**
   * Sets a document and returns its announcement; text other than a JSON object announces an unusable device.
   */
  set(topic: string, text: string): Announcement {
    const announcement = this.#read(topic, text);
    this.#all.set(topic, announcement);
    this.#indexed = false;
    return announcement;
  }

  delete(topic: string): void {
    this.#all.delete(topic);
    this.#indexed = false;
  }

  /** Deletes all announcements of a device; returns their topics. */
  deleteOf(device: string): string[] {
    const topics = this.of(device).map(({ topic }) => topic);
    for (const topic of topics) this.delete(topic);
    return topics;
  }

  /** Announcements with a value or an availability on this topic. */
  concerning(topic: string): readonly Announcement[] {
    if (!this.#indexed) this.#index();
    return this.#byTopic.get(topic) ?? [];
  }

  /** Whether an announcement defines the values of a topic. */
  claims(topic: string): boolean {
    return this.concerning(topic).some(({ entities }) => entities.some((entity) => saysOf(entity, topic)));
  }

  topics(): Iterable<string> {
    if (!this.#indexed) this.#index();
    return this.#byTopic.keys();
  }

  #index(): void {
    this.#byTopic = new Map();
    this.#byDevice = new Map();
    for (const announcement of this.#all.values()) {
      addTo(this.#byDevice, announcement.device, announcement);
      for (const topic of topicsOf(announcement)) addTo(this.#byTopic, topic, announcement);
    }
    this.#indexed = true;
  }

  #read(topic: string, text: string): Announcement {
    const levels = topic.split("/");
    const [, component = ""] = levels;
    const object = levels.at(-2) ?? "";
    const node = levels.length === 5 ? `${levels[2]}_${object}` : object;
    const payload = payloadOf(text);
    const json = payload === null ? null : objectOf(payload);
    if (json === null) {
      const device = idOf(node);
      const unsupported = ["the payload is not a JSON object"];
      return { topic, text, device, name: device, type: component, entities: [], unsupported };
    }
    const document = readAnnouncement(json);
    const ids = identifiersOf(document.config);
    const device = this.#deviceOf(component, ids, component === "device" ? object : node);
    const whole = document.config.components !== undefined;
    const entities = this.#entitiesOf(document, { component, object, node, merged: ids.length > 0, whole });
    return {
      topic,
      text,
      device,
      ...this.#describe(document, entities, { component, object, merged: ids.length > 0 && !whole, whole }),
    };
  }

  #deviceOf(component: string, identifiers: readonly string[], object: string): string {
    const known = identifiers.map((one) => this.#byIdentifier.get(one)).find((one) => one !== undefined);
    const device = known ?? idOf(component === "device" ? object : (identifiers[0] ?? object));
    for (const one of identifiers) this.#byIdentifier.set(one, device);
    return device;
  }

  #entitiesOf(
    { components }: Document,
    place: { component: string; object: string; node: string; merged: boolean; whole: boolean },
  ): Entity[] {
    return components.slice(0, this.#componentsAtMost).map(({ id, config }) =>
      readEntity(config, {
        component: place.whole ? String(config.platform ?? place.component) : place.component,
        id: place.whole ? id : place.object,
        fallbackKey: place.merged ? place.object : "state",
        keyIsId: place.whole,
        user: this.#user,
      }),
    );
  }

  #describe(
    { config, components }: Document,
    entities: readonly Entity[],
    place: { component: string; object: string; merged: boolean; whole: boolean },
  ) {
    const device = isObject(config.device) ? config.device : {};
    const own = [textOf(config.name), textOf(device.name)];
    const name = (place.merged ? own.reverse() : own).find((one) => one !== undefined) ?? place.object;
    const unsupported = entities.flatMap((entity) =>
      entity.unsupported.map((reason) => (place.whole || place.merged ? `${entity.id}: ${reason}` : reason)),
    );
    if (components.length > this.#componentsAtMost)
      unsupported.push(`more than ${this.#componentsAtMost} components`);
    const type = place.whole ? "device" : place.component;
    return {
      name: name.slice(0, 128),
      type,
      entities: [...entities],
      unsupported: [...new Set(unsupported)],
    };
  }
}

function addTo(index: Map<string, Announcement[]>, key: string, announcement: Announcement): void {
  const all = index.get(key);
  if (all === undefined) index.set(key, [announcement]);
  else all.push(announcement);
}

function saysOf(entity: Entity, topic: string): boolean {
  return (
    entity.readers.some((reader) => reader.topic === topic) ||
    (entity.availability?.topics.some((one) => one.topic === topic) ?? false)
  );
}

function topicsOf({ entities }: Announcement): Set<string> {
  return new Set(
    entities.flatMap((entity) => [
      ...entity.readers.map(({ topic }) => topic),
      ...(entity.availability?.topics ?? []).map(({ topic }) => topic),
    ]),
  );
}

function identifiersOf({ device }: Config): string[] {
  if (!isObject(device)) return [];
  const all = [device.identifiers].flat().filter((one) => typeof one === "string" || typeof one === "number");
  return all.map(String).slice(0, 16);
}

function idOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]+/g, "_").slice(0, 64) || "device";
}
