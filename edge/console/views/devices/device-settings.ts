import { serverUrl } from "../../state/account.ts";

/** Ways in which a device reports. */
export const kinds = ["mqtt", "http", "tasmota", "zigbee2mqtt", "esphome", "shelly", "nats"] as const;
export type Kind = (typeof kinds)[number];

interface Owner {
  user: string;
  device: string;
  key: string;
}

/** What is typed or pasted into a device of this kind. The ports are the defaults; `parley up` logs others at its start. */
export function settingsOf(kind: Kind, { user, device, key }: Owner): string {
  const host = location.hostname;
  const root = `device/${user}`;
  const texts: Record<Kind, string> = {
    mqtt: `host:      ${host}
port:      1883
user:      ${user}
password:  ${key}
client id: ${device}
publish:   ${root}/${device}/update        {"state": {"power": true}, "name": "${device}"}
subscribe: ${root}/${device}/command
last will: ${root}/${device}/availability  offline`,
    http: `curl -X POST ${serverUrl}api/v1/devices/${device}/update \\
  -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" \\
  -d '{"state": {"power": true}, "name": "${device}"}'`,
    tasmota: `Backlog MqttHost ${host}; MqttPort 1883; MqttUser ${user}; MqttPassword ${key}; FullTopic ${root}/tasmota/%topic%/%prefix%/; Topic ${device}; SetOption19 1`,
    zigbee2mqtt: `mqtt:
  base_topic: ${root}/zigbee2mqtt
  server: mqtt://${host}:1883
  user: ${user}
  password: ${key}
  version: 4
homeassistant:
  enabled: true
  discovery_topic: ${root}/homeassistant
  status_topic: ${root}/homeassistant/status`,
    esphome: `mqtt:
  broker: ${host}
  port: 1883
  username: ${user}
  password: ${key}
  client_id: ${device}
  topic_prefix: ${root}/${device}
  discovery_prefix: ${root}/homeassistant`,
    shelly: `Server:       ${host}:1883
Client ID:    ${device}
Username:     ${user}
Password:     ${key}
Topic prefix: ${root}/${device}`,
    nats: `nats --server nats://${user}:${key}@${host}:4222 \\
  pub device.${user}.${device}.update '{"state": {"power": true}}'`,
  };
  return texts[kind];
}
