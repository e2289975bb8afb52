import type { DeviceDocument } from "../../schemas/documents/device.ts";
import type { ActorContext } from "../actor-context.ts";
import { shownDevice } from "./device-store.ts";

/** Maximum frame bytes per ms and device; devices with a large state are sent less often. */
const bytesPerMs = 32;
const measuredBytes = 1_024;

interface Shown {
  changed: Set<string>;
  /** Earliest time of its next frame, monotonic ms. */
  due: number;
}

/** Coalesces device frames: one per device and interval, with the newest state. */
export class DeviceFrames {
  readonly #out: ActorContext["out"];
  readonly #intervalMs: number;
  readonly #onTell: () => void;
  readonly #waiting = new Map<DeviceDocument, Shown>();
  /** Earliest next frame of devices with a large state. */
  readonly #restUntil = new WeakMap<DeviceDocument, number>();
  #timer: NodeJS.Timeout | undefined;
  #toldAt = 0;

  constructor(out: ActorContext["out"], intervalMs: number, onTell: () => void) {
    this.#out = out;
    this.#intervalMs = intervalMs;
    this.#onTell = onTell;
  }

  changed(device: DeviceDocument, keys: readonly string[]): void {
    const waiting = this.#waiting.get(device);
    if (waiting !== undefined) for (const key of keys) waiting.changed.add(key);
    else this.#waiting.set(device, { changed: new Set(keys), due: this.#restUntil.get(device) ?? 0 });
    this.#arm(this.#intervalMs);
  }

  drop(device: DeviceDocument): void {
    this.#waiting.delete(device);
  }

  #arm(ms: number): void {
    const wait = Math.max(0, Math.ceil(this.#toldAt + ms - performance.now()));
    this.#timer ??= setTimeout(() => this.#tell(), wait);
  }

  #tell(): void {
    this.#timer = undefined;
    const now = performance.now();
    this.#toldAt = now;
    for (const [device, { changed, due }] of this.#waiting) {
      if (due > now) continue;
      this.#waiting.delete(device);
      this.#show(device, changed, now);
    }
    if (this.#waiting.size > 0) this.#arm(this.#intervalMs);
    this.#onTell();
  }

  #show(device: DeviceDocument, changed: ReadonlySet<string>, now: number): void {
    const { device_id, name, type, state, online, last_seen } = shownDevice(device);
    const update = { device_id, name, type, state, online, last_seen, changed: [...changed] };
    this.#out.frame(device._id.user, {
      frame: { type: "device_update", device_update: update, timestamp: Date.now() },
    });
    // A rough estimate is enough, and free for the small states of nearly all devices.
    if (Object.keys(state).length * 16 < measuredBytes && !hasLarge(state)) return;
    this.#restUntil.set(device, now + JSON.stringify(state).length / bytesPerMs);
  }
}

function hasLarge(state: DeviceDocument["state"]): boolean {
  return Object.values(state).some(
    (value) =>
      (typeof value === "string" && value.length > measuredBytes) ||
      (typeof value === "object" && value !== null),
  );
}
