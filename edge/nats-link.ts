import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import type { Bus } from "../infra/bus/bus.ts";

/** This process's connection to NATS, and its state. */
export class NatsLink {
  readonly nc: NatsConnection;
  /** All publishes, requests and subscriptions of this edge. */
  readonly bus: Bus;
  readonly jsm: JetStreamManager;
  #up = true;
  #onDown: (() => void)[] = [];
  #onUp: (() => void)[] = [];

  private constructor(nc: NatsConnection, bus: Bus, jsm: JetStreamManager) {
    this.nc = nc;
    this.bus = bus;
    this.jsm = jsm;
    void this.#follow();
  }

  /** Follows a connection's state. */
  static async over(nc: NatsConnection, bus: Bus): Promise<NatsLink> {
    return new NatsLink(nc, bus, await jetstreamManager(nc, { checkAPI: false }));
  }

  /** Whether the connection is up. Messages sent while it is down would be delivered late or not at all. */
  get up(): boolean {
    return this.#up;
  }

  /** Called at every disconnect. */
  onDown(fn: () => void): void {
    this.#onDown.push(fn);
  }

  /** Called at every connect, with all subscriptions restored. */
  onUp(fn: () => void): void {
    this.#onUp.push(fn);
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.nc.status()) {
      if (type === "disconnect") {
        this.#up = false;
        for (const fn of this.#onDown) fn();
      } else if (type === "reconnect") {
        this.#up = true;
        for (const fn of this.#onUp) fn();
      }
    }
  }
}
