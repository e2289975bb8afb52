import { effect, signal } from "@preact/signals";
import type { Answer } from "../../client/index.ts";
import { client, signedIn, status } from "./account.ts";

export type Device = Answer<"listDevices">["devices"][number];

/** The user's devices with their last state; undefined until they are read. */
export const devices = signal<readonly Device[] | undefined>(undefined);
/** Why they could not be read. */
export const devicesError = signal<unknown>(undefined);

let listening = false;

/** Reads the devices and follows their changes from now on. */
export function followDevices(): void {
  void readDevices();
  if (listening) return;
  listening = true;
  effect(() => {
    if (!signedIn.value) {
      devices.value = undefined;
      return undefined;
    }
    return client().on("device_update", ({ device_update: { changed: _, ...device } }) => put(device));
  });
  // What changed while there was no connection is read again.
  effect(() => {
    if (status.value.state === "online" && devices.peek() !== undefined) void readDevices();
  });
}

/** Reads the devices. */
export async function readDevices(): Promise<void> {
  try {
    devices.value = (await client().api.listDevices()).devices;
    devicesError.value = undefined;
  } catch (error) {
    devicesError.value = error;
  }
}

function put(device: Device): void {
  const all = devices.value ?? [];
  const known = all.some(({ device_id }) => device_id === device.device_id);
  devices.value = known
    ? all.map((one) => (one.device_id === device.device_id ? { ...one, ...device } : one))
    : [...all, device];
}
