import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import type { Device } from "../../../schemas/documents/device.ts";
import { eventually } from "../judge/waiting.ts";
import type { System } from "../worlds/system.ts";
import { call } from "./rest.ts";

/** A user's device or gateway, connected over MQTT with an API key of that user. */
export class MqttDevice {
  readonly client: MqttClient;
  readonly user: string;
  readonly #system: System;

  private constructor(system: System, user: string, client: MqttClient) {
    this.#system = system;
    this.user = user;
    this.client = client;
  }

  /** Creates a key and connects. */
  static async connect(
    system: System,
    { user = "admin", ...options }: IClientOptions & { user?: string } = {},
  ): Promise<MqttDevice> {
    const { key } = (await call<{ key: string }>(system, "POST", "/keys", { name: "device" }, user)).body;
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${system.engines.mqttPort}`, {
      clientId: `device-${Math.random().toString(36).slice(2)}`,
      username: user,
      password: key,
      reconnectPeriod: 0,
      ...options,
    });
    client.setMaxListeners(100);
    return new MqttDevice(system, user, client);
  }

  /** Publishes below the user's prefix; objects as JSON. Resolves with the server's ack. */
  async say(topic: string, payload: unknown, retain = false): Promise<void> {
    const text = typeof payload === "string" ? payload : JSON.stringify(payload);
    await this.client.publishAsync(`device/${this.user}/${topic}`, text, { qos: 1, retain });
  }

  /** Publishes a discovery message at the documented topic; null removes the entity. */
  async announce(component: string, object: string, config: unknown): Promise<void> {
    const text = config === null ? "" : JSON.stringify(config);
    await this.client.publishAsync(`homeassistant/${component}/${this.user}/${object}/config`, text, {
      qos: 1,
    });
  }

  /** The first message on a topic below the user's prefix. */
  async next(topic: string): Promise<() => Promise<string>> {
    const full = `device/${this.user}/${topic}`;
    const heard = new Promise<string>((resolve) => {
      this.client.on("message", (at, payload) => {
        if (at === full) resolve(payload.toString());
      });
    });
    await this.client.subscribeAsync(full, { qos: 1 });
    return () => heard;
  }

  async devices(): Promise<Device[]> {
    return (await call<{ devices: Device[] }>(this.#system, "GET", "/devices", undefined, this.user)).body
      .devices;
  }

  /** The device with this id or name, once it matches. */
  device(name: string, is: (device: Device) => boolean, what: string, ms = 15_000): Promise<Device> {
    return eventually(
      async () => {
        const found = (await this.devices()).find((one) => one.device_id === name || one.name === name);
        return found !== undefined && is(found) && found;
      },
      ms,
      `${name}: ${what}`,
    );
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }
}
