import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { Logger } from "../../infra/log.ts";
import { findStream } from "../../infra/nats/streams.ts";
import { streams } from "../../schemas/messages/subjects.ts";
import type { NatsLink } from "../nats-link.ts";

const lookMs = 2_000;
/** A leader is elected within this time; a log that does not answer for longer has lost its server. */
const silentMs = 5_000;

/** Whether the log of sessions answers: the connection may stand while the servers that hold the log are gone. */
export class StreamWatch {
  readonly #link: NatsLink;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #jsm: JetStreamManager | undefined;
  #answeredAt = performance.now();
  #asking = false;

  constructor(link: NatsLink, log: Logger) {
    this.#link = link;
    this.#log = log;
    link.onUp(() => this.#forgive());
    this.#timer = setInterval(() => void this.#look(), lookMs);
  }

  /** Whether the log has answered lately. */
  get answers(): boolean {
    return performance.now() - this.#answeredAt < silentMs + lookMs;
  }

  /** Stops looking. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const before = this.answers;
    try {
      this.#jsm ??= await jetstreamManager(this.#link.nc, { checkAPI: false, timeout: lookMs });
      // One that no actor process has made yet is no outage.
      await findStream(this.#jsm, streams.sessions);
      this.#forgive();
    } catch (err) {
      if (before && !this.answers)
        this.#log.warn({ err, stream: streams.sessions }, "stream does not answer");
    } finally {
      this.#asking = false;
    }
  }

  #forgive(): void {
    this.#answeredAt = performance.now();
  }
}
