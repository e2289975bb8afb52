import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import type { NatsConnection } from "nats";
import { z } from "zod";
import { networkOf } from "../../infra/address-network.ts";
import { openBucket } from "../../infra/nats/buckets.ts";
import { ParleyError } from "../../schemas/errors.ts";

const bucketName = "parley_attempts";
const windowMs = 60_000;
const lostRace: readonly number[] = [
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
];
const maxConflicts = 50;
const conflictDelayMs = 20;

/** Times of the attempts in the last minute, Unix ms, oldest first. */
const attemptsSchema = z.array(z.number());

/**
 * Limits log-ins and registrations to `perMinute` in any 60 seconds for each address and kind. The counts are
 * kept in a KV bucket that all processes share. Refused attempts are not counted.
 */
export class AttemptLimit {
  readonly #bucket: KV;
  readonly #perMinute: number;
  // Serializes the attempts of one address in this process, so that they don't conflict on its key.
  readonly #turns = new Map<string, Promise<void>>();

  constructor(bucket: KV, perMinute: number) {
    this.#bucket = bucket;
    this.#perMinute = perMinute;
  }

  static async open(nc: NatsConnection, perMinute: number): Promise<AttemptLimit> {
    const bucket = await openBucket(nc, bucketName, { history: 1, ttl: windowMs });
    return new AttemptLimit(bucket, perMinute);
  }

  /** @throws ParleyError `rate_limited` with the seconds until the next attempt is allowed */
  async count(what: "login" | "register", ip: string): Promise<void> {
    const key = createHash("sha256")
      .update(`${what} ${networkOf(ip)}`)
      .digest("hex")
      .slice(0, 32);
    const before = this.#turns.get(key);
    const turn = (before ?? Promise.resolve()).then(() => this.#add(key));
    const settled = turn.catch(() => {});
    this.#turns.set(key, settled);
    try {
      await turn;
    } finally {
      if (this.#turns.get(key) === settled) this.#turns.delete(key);
    }
  }

  async #add(key: string): Promise<void> {
    for (let conflicts = 0; conflicts < maxConflicts; conflicts++) {
      const entry = await this.#bucket.get(key);
      const now = Date.now();
      const stored = entry?.operation === "PUT" ? attemptsSchema.parse(entry.json()) : [];
      const recent = stored.filter((at) => at > now - windowMs);
      const oldest = recent.at(-this.#perMinute);
      if (oldest !== undefined)
        throw new ParleyError("rate_limited", { retryAfter: Math.ceil((oldest + windowMs - now) / 1000) });
      if (await this.#write(key, [...recent, now], entry?.revision ?? 0)) return;
      await delay(conflictDelayMs * Math.random());
    }
    throw new ParleyError("rate_limited");
  }

  /** Writes the key at `revision` (0 = it does not exist); false when another process wrote it first. */
  async #write(key: string, attempts: number[], revision: number): Promise<boolean> {
    try {
      await this.#bucket.put(key, JSON.stringify(attempts), { previousSeq: revision });
      return true;
    } catch (err) {
      if (err instanceof JetStreamApiError && lostRace.includes(err.code)) return false;
      throw err;
    }
  }
}
