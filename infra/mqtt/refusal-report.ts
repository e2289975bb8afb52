import type { NatsConnection } from "nats";
import { subjects } from "../../schemas/messages/subjects.ts";
import type { Logger } from "../log.ts";
import { connectNats } from "../nats/connect.ts";
import type { Published } from "./publish-scanner.ts";

const gatherMs = 500;
const waitingAtMost = 1_000;
/** `max_payload` of nats-server. */
const payloadBytes = 1024 * 1024;

interface Refused {
  user: string;
  topic: string;
  reason: string;
  count: number;
}

/**
 * Tells the devices' actors what nats-server drops: it acknowledges a publish that it does not allow, and says so
 * nowhere but in its own log.
 */
export class RefusalReport {
  readonly #url: string;
  readonly #log: Logger;
  readonly #waiting = new Map<string, Refused>();
  #connection: Promise<NatsConnection> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(url: string, log: Logger) {
    this.#url = url;
    this.#log = log;
  }

  /** Looks at what a user has published. */
  look(user: string, { topic, bytes }: Published): void {
    const reason = reasonFor(user, topic, bytes);
    if (reason === null) return;
    const key = `${user} ${topic} ${reason}`;
    const known = this.#waiting.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#waiting.size < waitingAtMost) this.#waiting.set(key, { user, topic, reason, count: 1 });
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#send().catch((err: unknown) => this.#log.warn({ err }, "report of refused messages not sent"));
    }, gatherMs);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await (await this.#connection?.catch(() => undefined))?.close();
  }

  async #send(): Promise<void> {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#connection ??= connectNats({ url: this.#url, name: "mqtt front", log: this.#log });
    const connection = await this.#connection;
    for (const refused of waiting)
      connection.publish(subjects.deviceRefused(refused.user), JSON.stringify(refused));
  }
}

/** Why the server does not take a publish, or null. */
function reasonFor(user: string, topic: string, bytes: number): string | null {
  const [root, owner, third] = topic.split("/");
  const isTheirs = root === "device" && owner === user;
  const isDiscovery = root === "homeassistant" && third === user && topic.endsWith("/config");
  if (!isTheirs && !isDiscovery) return `topic is not below device/${user}/`;
  if (/\s/.test(topic)) return "topic with a space: the server closes the connection";
  return bytes > payloadBytes ? "larger than 1 MB: the server closes the connection" : null;
}
