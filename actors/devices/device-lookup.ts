import type { Logger } from "../../infra/log.ts";
import type { DeviceDocument } from "../../schemas/documents/device.ts";
import type { Limits } from "../../schemas/limits.ts";
import { persist } from "../storage/persist.ts";
import type { DeviceStore } from "./device-store.ts";

const admissionMs = 1_000;
const keptUsers = 10_000;
const batch = 500;

interface Asked {
  _id: DeviceDocument["_id"];
  resolve(device: DeviceDocument | null): void;
}

/** What actors ask of the store when a device is first heard of: thousands at once, after a takeover. */
export class DeviceLookup {
  readonly #store: DeviceStore;
  readonly #log: Logger;
  readonly #limits: Pick<Limits, "userDevices">;
  #asked: Asked[] = [];
  /** Devices that a user may still add; none where he is deleted. */
  readonly #room = new Map<string, { at: number; left: Promise<{ devices: number }> }>();

  constructor(store: DeviceStore, log: Logger, limits: Pick<Limits, "userDevices">) {
    this.#store = store;
    this.#log = log;
    this.#limits = limits;
  }

  /** A device as stored, or null; those asked for in one event-loop turn are one read. */
  find(_id: DeviceDocument["_id"]): Promise<DeviceDocument | null> {
    return new Promise((resolve) => {
      this.#asked.push({ _id, resolve });
      if (this.#asked.length === 1) setImmediate(() => this.#findAll());
    });
  }

  /** Whether a user may have one more device. */
  async admits(user: string): Promise<boolean> {
    const now = performance.now();
    let room = this.#room.get(user);
    if (room === undefined || now - room.at > admissionMs) {
      if (this.#room.size > keptUsers) this.#room.clear();
      room = { at: now, left: persist(this.#log, "devices", () => this.#roomOf(user)) };
      this.#room.set(user, room);
    }
    const left = await room.left;
    left.devices -= 1;
    return left.devices >= 0;
  }

  async #roomOf(user: string): Promise<{ devices: number }> {
    const most = this.#limits.userDevices;
    // A device of a deleted user may go on for seconds until its connection is closed.
    if (await this.#store.isOfDeleted(user)) return { devices: 0 };
    const devices = most - (await this.#store.count(user));
    if (devices <= 0) this.#log.warn({ user }, "too many devices");
    return { devices };
  }

  #findAll(): void {
    const asked = this.#asked;
    this.#asked = [];
    for (let from = 0; from < asked.length; from += batch)
      void this.#findSome(asked.slice(from, from + batch));
  }

  async #findSome(asked: readonly Asked[]): Promise<void> {
    const ids = asked.map(({ _id }) => _id);
    const found = await persist(this.#log, "devices", () => this.#store.findAll(ids));
    const byId = new Map(found.map((device) => [keyOf(device._id), device]));
    for (const { _id, resolve } of asked) resolve(byId.get(keyOf(_id)) ?? null);
  }
}

function keyOf({ user, device }: DeviceDocument["_id"]): string {
  return `${user}.${device}`;
}
