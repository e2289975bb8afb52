import type { StreamPublisher } from "../../../infra/bus/stream-publisher.ts";
import type { Logger } from "../../../infra/log.ts";
import { newId } from "../../../schemas/ids.ts";
import { type TurnCompleted, turnsPerEvent } from "../../../schemas/messages/event.ts";
import { subjects } from "../../../schemas/messages/subjects.ts";
import { persist } from "../../storage/persist.ts";

/** A batch is closed at this size, well under the server's payload limit. */
const batchBytes = 192 * 1024;

interface PendingEvent {
  id: string;
  payload: string;
  done(): void;
}

/**
 * Publishes events of committed turns. Events of a user that arrive while a message is being stored are batched in the
 * next one: each message on EVENTS costs an fsync, and as much again at each of its consumers.
 */
export class TurnEvents {
  readonly #publisher: StreamPublisher;
  readonly #log: Logger;
  readonly #waiting = new Map<string, PendingEvent[]>();

  constructor(publisher: StreamPublisher, log: Logger) {
    this.#publisher = publisher;
    this.#log = log;
  }

  /** Resolves when the stream has the event, or when it can't be stored and the failure is logged. */
  publish(event: TurnCompleted): Promise<void> {
    return new Promise((done) => {
      const entry = { id: event.id, payload: JSON.stringify(event), done };
      const waiting = this.#waiting.get(event.user);
      if (waiting !== undefined) {
        waiting.push(entry);
        return;
      }
      this.#waiting.set(event.user, [entry]);
      void this.#drain(event.user);
    });
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

  /** Never rejects: an event that the server refuses for good must not end the process, nor hold up the next one. */
  async #publish(user: string, batch: readonly PendingEvent[]): Promise<void> {
    const payload = `{"turns":[${batch.map((entry) => entry.payload).join(",")}]}`;
    // Another owner may publish one of these in a different batch: under its id the server would drop the rest.
    const id = batch.length === 1 && batch[0] !== undefined ? batch[0].id : newId("events_");
    const subject = subjects.eventTurnCompleted(user);
    try {
      await persist(this.#log, "event", () => this.#publisher.publish(subject, payload, { id }));
    } catch (err) {
      const bytes = Buffer.byteLength(payload);
      this.#log.error({ err, user, subject, bytes, turns: batch.length }, "turn event refused by the stream");
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
