import type { Bus } from "../../../infra/bus/bus.ts";
import { encodeWithin } from "../../../infra/bus/fit.ts";
import type { Logger } from "../../../infra/log.ts";
import { newId } from "../../../schemas/ids.ts";
import { type TurnCompleted, turnsPerEvent } from "../../../schemas/messages/event.ts";
import { turnsCompleted } from "../../../schemas/messages/events.ts";
import { persist } from "../../storage/persist.ts";

/** A batch is closed at this size, well under the server's payload limit. */
const batchBytes = 192 * 1024;
/** Room for what stands around the events of a batch. */
const envelopeBytes = 64;

interface PendingEvent {
  id: string;
  payload: string;
  done(): void;
}

/**
 * Publishes events of committed turns. Events of a user that arrive while a message is being stored are
 * batched in the next one: each message on EVENTS costs an fsync, and as much again at each of its consumers.
 */
export class TurnEvents {
  readonly #bus: Pick<Bus, "appendText" | "maxBytes">;
  readonly #log: Logger;
  readonly #waiting = new Map<string, PendingEvent[]>();

  constructor(bus: Pick<Bus, "appendText" | "maxBytes">, log: Logger) {
    this.#bus = bus;
    this.#log = log;
  }

  /** Resolves when the stream has the event, or when it can't be stored and the failure is logged. */
  publish(event: TurnCompleted): Promise<void> {
    return new Promise((done) => {
      const entry = { id: event.id, payload: this.#encode(event), done };
      const waiting = this.#waiting.get(event.user);
      if (waiting !== undefined) {
        waiting.push(entry);
        return;
      }
      this.#waiting.set(event.user, [entry]);
      void this.#drain(event.user);
    });
  }

  /** Consumers of a turn that is larger than a message get the beginning of its texts. */
  #encode(event: TurnCompleted): string {
    const { text, bytes, cut } = encodeWithin(event, this.#bus.maxBytes - envelopeBytes);
    if (cut !== undefined) {
      const { user, session, n } = event;
      this.#log.error({ user, session, n, bytes: cut, kept: bytes }, "turn event too large, cut");
    }
    return text;
  }

  async #drain(user: string): Promise<void> {
    // One event-loop turn lets the rest of the commit group join the batch.
    await new Promise((resolve) => setImmediate(resolve));
    for (let batch = this.#take(user); batch.length > 0; batch = this.#take(user)) {
      await this.#publish(user, batch);
      for (const { done } of batch) done();
    }
    this.#waiting.delete(user);
  }

  /**
   * Never rejects: an event that the server refuses for good must not end the process, nor hold up the next
   * one.
   */
  async #publish(user: string, batch: readonly PendingEvent[]): Promise<void> {
    const payload = `{"turns":[${batch.map((entry) => entry.payload).join(",")}]}`;
    // Another owner may publish one of these in a different batch: under its id the server would drop the
    // rest.
    const id = batch.length === 1 && batch[0] !== undefined ? batch[0].id : newId("events_");
    try {
      const options = { to: { user }, id };
      await persist(this.#log, "event", () => this.#bus.appendText(turnsCompleted, payload, options));
    } catch (err) {
      const bytes = Buffer.byteLength(payload);
      this.#log.error({ err, user, bytes, turns: batch.length }, "turn event refused by the stream");
      // Of a batch, only the event that is at fault must be lost.
      if (batch.length > 1) for (const event of batch) await this.#publish(user, [event]);
    }
  }

  #take(user: string): PendingEvent[] {
    const waiting = this.#waiting.get(user) ?? [];
    let bytes = 0;
    let count = 0;
    for (const { payload } of waiting) {
      bytes += Buffer.byteLength(payload);
      if (count === turnsPerEvent || (count > 0 && bytes > batchBytes)) break;
      count += 1;
    }
    return waiting.splice(0, count);
  }
}
