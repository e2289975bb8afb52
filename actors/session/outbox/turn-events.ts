import type { StreamPublisher } from "../../../infra/bus/stream-publisher.ts";
import type { Logger } from "../../../infra/log.ts";
import { newId } from "../../../schemas/ids.ts";
import { type TurnCompleted, turnsPerEvent } from "../../../schemas/messages/event.ts";
import { subjects } from "../../../schemas/messages/subjects.ts";
import { persist } from "../../storage/persist.ts";

/** A batch is closed at this size, well under the server's payload limit. */
const batchBytes = 192 * 1024;

interface Waiting {
  id: string;
  payload: string;
  done(): void;
}

/**
 * Tells of committed turns. What a user's turns bring while one message is on its way to the disk goes with the next:
 * each message on EVENTS costs an fsync, and as much again at each of its readers.
 */
export class TurnEvents {
  readonly #publisher: StreamPublisher;
  readonly #log: Logger;
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(publisher: StreamPublisher, log: Logger) {
    this.#publisher = publisher;
    this.#log = log;
  }

  /** Resolves when the stream has the event. */
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
    // One event-loop turn lets the rest of the commit's group come along.
    await new Promise((resolve) => setImmediate(resolve));
    for (let batch = this.#take(user); batch.length > 0; batch = this.#take(user)) {
      const payload = `{"turns":[${batch.map((entry) => entry.payload).join(",")}]}`;
      // Another owner may tell of one of these in other company: under one's id the server would drop the rest.
      const id = batch.length === 1 && batch[0] !== undefined ? batch[0].id : newId("events_");
      const subject = subjects.eventTurnCompleted(user);
      await persist(this.#log, "event", () => this.#publisher.publish(subject, payload, id));
      for (const { done } of batch) done();
    }
    this.#waiting.delete(user);
  }

  #take(user: string): Waiting[] {
    const waiting = this.#waiting.get(user) ?? [];
    let bytes = 0;
    let count = 0;
    for (const { payload } of waiting) {
      bytes += payload.length;
      if (count === turnsPerEvent || (count > 0 && bytes > batchBytes)) break;
      count += 1;
    }
    return waiting.splice(0, count);
  }
}
