import type { Logger } from "../../infra/log.ts";
import type { DeviceUpdate, Discovery } from "../../schemas/documents/device.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { persist } from "../storage/persist.ts";
import type { DeviceStore } from "./device-store.ts";

const keptMs = 2_000;
const keptUsers = 10_000;

/**
 * What payloads of another form than Parley's mean, by discovery: one topic may carry the values of several devices.
 * Those of others are published again as theirs.
 */
export class RawTopics {
  readonly #context: Pick<ActorContext, "js">;
  readonly #store: DeviceStore;
  readonly #log: Logger;
  readonly #kept = new Map<string, { at: number; discoveries: Promise<Discovery[]> }>();

  constructor(context: Pick<ActorContext, "js">, store: DeviceStore, log: Logger) {
    this.#context = context;
    this.#store = store;
    this.#log = log;
  }

  /** What a payload on a device's topic means for itself; null when it means nothing. */
  async updateFrom(user: string, device: string, payload: unknown): Promise<DeviceUpdate | null> {
    let own: DeviceUpdate | null = null;
    for (const { _id, components } of await this.#discoveries(user, "components.source", device)) {
      const values = components
        .filter(({ source }) => source === device)
        .map(({ key, path }) => [key, valueAt(payload, path)] as const)
        .filter(([, value]) => value !== undefined);
      if (values.length === 0) continue;
      const update: DeviceUpdate = { state: Object.fromEntries(values) };
      if (_id.device === device) own = update;
      else await this.#publish(subjects.deviceUpdate(user, _id.device), JSON.stringify(update));
    }
    return own;
  }

  /** Tells the devices that share a device's availability topic that it has flipped. */
  async passAvailability(user: string, device: string, online: boolean): Promise<void> {
    for (const { _id } of await this.#discoveries(user, "availability", device)) {
      if (_id.device === device) continue;
      await this.#publish(subjects.deviceAvailability(user, _id.device), online ? "online" : "offline");
    }
  }

  async #publish(subject: string, payload: string): Promise<void> {
    await persist(this.#log, "device", () => this.#context.js.publish(subject, payload));
  }

  #discoveries(
    user: string,
    topic: "components.source" | "availability",
    device: string,
  ): Promise<Discovery[]> {
    const name = `${user}.${topic}.${device}`;
    const kept = this.#kept.get(name);
    if (kept !== undefined && performance.now() - kept.at < keptMs) return kept.discoveries;
    if (this.#kept.size > keptUsers) this.#kept.clear();
    const discoveries = persist(this.#log, "discoveries", () =>
      this.#store.discoveredFrom(user, topic, device),
    );
    this.#kept.set(name, { at: performance.now(), discoveries });
    return discoveries;
  }
}

function valueAt(payload: unknown, path: readonly string[]): unknown {
  let value = payload;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
