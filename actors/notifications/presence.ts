import type { Bus } from "../../infra/bus/bus.ts";
import { NoAnswer } from "../../infra/bus/no-answer.ts";
import { presence } from "../../schemas/messages/presence.ts";

/** Asks the edges whether a user is connected. Only edges with a socket of the user subscribe. */
export class Presence {
  readonly #bus: Pick<Bus, "ask">;
  readonly #asking = new Map<string, Promise<boolean>>();

  constructor(bus: Pick<Bus, "ask">) {
    this.#bus = bus;
  }

  /**
   * Whether the user has an open socket on any edge. A timeout counts as yes, because an edge is subscribed.
   */
  has(user: string): Promise<boolean> {
    let asking = this.#asking.get(user);
    if (asking === undefined) {
      asking = this.#ask(user).finally(() => this.#asking.delete(user));
      this.#asking.set(user, asking);
    }
    return asking;
  }

  async #ask(user: string): Promise<boolean> {
    try {
      await this.#bus.ask(presence, { user });
      return true;
    } catch (err) {
      return err instanceof NoAnswer && (err.reason === "timeout" || err.reason === "invalid");
    }
  }
}
