import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import type { Bus } from "../infra/bus/bus.ts";

/** This process's connection to NATS, and whether it stands. */
export class NatsLink {
  readonly nc: NatsConnection;
  /** Everything that this edge publishes, requests and receives. */
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

  /** Follows a connection's state from now on. */
  static async over(nc: NatsConnection, bus: Bus): Promise<NatsLink> {
    return new NatsLink(nc, bus, await jetstreamManager(nc, { checkAPI: false }));
  }

  /** Whether the connection stands. What is sent while it does not would leave much later, or never. */
  get up(): boolean {
    return this.#up;
  }

  /** Runs at every loss of the connection. */
  onDown(fn: () => void): void {
    this.#onDown.push(fn);
  }

  /** Runs whenever it stands again, with all subscriptions. */
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
