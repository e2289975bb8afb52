import { connectAsync, type MqttClient } from "mqtt";
import { connect, type NatsConnection } from "nats";
import { subjects } from "../../schemas/messages/subjects.ts";
import type { LoadUser } from "./load-user.ts";
import type { LoadOptions } from "./options.ts";

/** Publishes the updates of one user's devices. */
export interface DevicePublisher {
  /** Resolves with the server's ack. */
  publish(device: string, update: object): Promise<void>;
  close(): Promise<void>;
}

/** Connects one user by the configured transport; `key` is that user's API key. */
export async function connectPublisher(
  options: LoadOptions,
  { user_id, token }: LoadUser,
  key: string,
): Promise<DevicePublisher> {
  if (options.transport === "mqtt") return overMqtt(await mqtt(options, user_id, key), user_id);
  if (options.transport === "nats")
    return overNats(await connect({ servers: options.nats, user: user_id, pass: key }), user_id);
  return overRest(options.url, token);
}

function mqtt({ mqtt: url }: LoadOptions, username: string, password: string): Promise<MqttClient> {
  return connectAsync(url, { username, password, clientId: `load_${username}`, protocolVersion: 4 }, false);
}

function overMqtt(client: MqttClient, user: string): DevicePublisher {
  return {
    async publish(device, update) {
      await client.publishAsync(`device/${user}/${device}/update`, JSON.stringify(update), { qos: 1 });
    },
    close: () => client.endAsync(),
  };
}

function overNats(nc: NatsConnection, user: string): DevicePublisher {
  return {
    publish(device, update) {
      nc.publish(subjects.deviceUpdate(user, device), JSON.stringify(update));
      return Promise.resolve();
    },
    close: () => nc.drain(),
  };
}

function overRest(url: string, token: string): DevicePublisher {
  return {
    async publish(device, update) {
      const response = await fetch(new URL(`/api/v1/devices/${device}/update`, url), {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(update),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`http_${response.status}`);
    },
    close: () => Promise.resolve(),
  };
}
