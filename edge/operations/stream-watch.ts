import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { Logger } from "../../infra/log.ts";
import { findStream } from "../../infra/nats/streams.ts";
import { streams } from "../../schemas/messages/subjects.ts";
import type { NatsLink } from "../nats-link.ts";

const lookMs = 2_000;
/** Leader elections complete within this time; a log that does not answer for longer has lost its server. */
const silentMs = 5_000;

/** Whether the session log answers: the connection may be up while the servers of the log are down. */
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

  /** Whether the log has answered recently. */
  get answers(): boolean {
    return performance.now() - this.#answeredAt < silentMs + lookMs;
  }

  /** Stops the checks. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const before = this.answers;
    try {
      this.#jsm ??= await jetstreamManager(this.#link.nc, { checkAPI: false, timeout: lookMs });
      // A log that no actor process has created yet is not an outage.
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
