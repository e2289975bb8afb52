import { client, serverUrl } from "../../state/account.ts";

/** Ways in which a device reports: firmware that the server knows, then plain HTTP and NATS. */
export const kinds = [
  "plain",
  "tasmota",
  "zigbee2mqtt",
  "esphome",
  "shelly-gen2",
  "shelly-gen1",
  "http",
  "nats",
] as const;
export type Kind = (typeof kinds)[number];

interface Owner {
  user: string;
  device: string;
  key: string;
}

/** What is typed or pasted into a device of this kind. @throws RequestError */
export async function settingsOf(kind: Kind, owner: Owner): Promise<string> {
  if (kind === "http") return httpCall(owner);
  if (kind === "nats") return natsCall(owner);
  const { settings } = await client().api.deviceSetup({ query: { kind } });
  const width = Math.max(...settings.map(({ name }) => name.length)) + 2;
  return settings.map(({ name, value }) => `${`${name}:`.padEnd(width)}${filled(value, owner)}`).join("\n");
}

/** A setting with what only this page knows: the key, the device's name, and the address that reaches the server. */
function filled(value: string, { device, key }: Owner): string {
  return value
    .replace("<address of this server>", location.hostname)
    .replace("<name of the device>", device)
    .replace(/^an API key.*$/i, key)
    .replace(/<[^>]*key[^>]*>/i, key);
}

function httpCall({ device, key }: Owner): string {
  return `curl -X POST ${serverUrl}api/v1/devices/${device}/update \\
  -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" \\
  -d '{"state": {"power": true}, "name": "${device}"}'`;
}

function natsCall({ user, device, key }: Owner): string {
  return `nats --server nats://${user}:${key}@${location.hostname}:4222 \\
  pub device.${user}.${device}.update '{"state": {"power": true}}'`;
}
