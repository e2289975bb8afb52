import WebSocket from "ws";
import type { SocketConstructor } from "../../client/connection.ts";
import type { FrameOf } from "../../client/frames.ts";
import { ParleyClient } from "../../client/index.ts";
import { connectPublisher, type DevicePublisher } from "../device-publisher.ts";
import type { LoadUser } from "../load-user.ts";
import { emptyVerdict, type Verdict } from "../verdict.ts";
import type { Scenario, ScenarioParts } from "./scenario.ts";

interface Home {
  client: ParleyClient;
  publisher: DevicePublisher;
  /** Number of the last accepted update, by device. */
  taken: Map<string, number>;
}

/**
 * Devices that publish, and a client that observes their state. Updates in quick succession share one frame,
 * so latency is measured to the frame with the update or a newer one, and the final state must be exact.
 */
export class DevicesScenario implements Scenario {
  readonly #parts: ScenarioParts;
  readonly #homes: Home[] = [];
  readonly #waiting = new Map<string, { at: number; n: number; counted: boolean }[]>();
  readonly #verdict: Verdict = emptyVerdict();
  #sent = 0;

  constructor(parts: ScenarioParts) {
    this.#parts = parts;
  }

  async open(): Promise<void> {
    for (const user of this.#parts.users) this.#homes.push(await this.#connect(user));
  }

  async #connect(user: LoadUser): Promise<Home> {
    const { options } = this.#parts;
    const client = new ParleyClient({
      url: options.url,
      token: user.token,
      WebSocket: WebSocket as unknown as SocketConstructor,
    });
    const online = new Promise<void>((resolve, reject) => {
      client.onStatus(({ state, error }) => {
        if (state === "online") resolve();
        if (state === "signed_out" || state === "refused") reject(error ?? new Error(`connection ${state}`));
      });
    });
    client.on("device_update", (frame) => this.#seen(user.user_id, frame));
    client.connect();
    await online;
    const { key } = await client.api.createKey({ body: { name: "load" } });
    return { client, publisher: await connectPublisher(options, user, key), taken: new Map() };
  }

  send(index: number, intendedAt: number, counted: boolean): void {
    const { users, options, recorder } = this.#parts;
    const place = index % (users.length * options.devices);
    const home = this.#homes[place % users.length];
    const user = users[place % users.length];
    if (home === undefined || user === undefined) return;
    const device = `load_${Math.floor(place / users.length)}`;
    const n = ++this.#sent;
    if (counted) recorder.counts.sent += 1;
    const key = `${user.user_id}.${device}`;
    const queue = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, queue);
    queue.push({ at: intendedAt, n, counted });
    home.publisher.publish(device, { state: { n }, type: "load" }).then(
      () => {
        this.#verdict.accepted += 1;
        home.taken.set(device, Math.max(n, home.taken.get(device) ?? 0));
        if (counted) recorder.latency("accepted", performance.now() - intendedAt);
      },
      (error: unknown) => counted && recorder.failed(error instanceof Error ? error.message : "unknown"),
    );
  }

  #seen(user: string, { device_update: { device_id, state } }: FrameOf<"device_update">): void {
    const queue = this.#waiting.get(`${user}.${device_id}`);
    const shown = Number(state.n);
    for (let next = queue?.[0]; next !== undefined && next.n <= shown; next = queue?.[0]) {
      queue?.shift();
      this.#verdict.answered += 1;
      if (!next.counted) continue;
      this.#parts.recorder.counts.done += 1;
      this.#parts.recorder.latency("answered", performance.now() - next.at);
    }
  }

  get unanswered(): number {
    return [...this.#waiting.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** An update is lost when the stored state is older than an accepted one; NATS publishes have no ack. */
  async verdict(): Promise<Verdict> {
    for (const { client, taken } of this.#homes) {
      const { devices } = await client.api.listDevices({ query: { limit: 1_000 } });
      const stored = new Map(devices.map(({ device_id, state }) => [device_id, Number(state.n)]));
      for (const [device, n] of taken) if ((stored.get(device) ?? 0) < n) this.#verdict.lost += 1;
    }
    return this.#verdict;
  }

  async close(): Promise<void> {
    for (const { client, publisher } of this.#homes) {
      client.close();
      await publisher.close();
    }
  }
}
