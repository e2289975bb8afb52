import type { KV } from "@nats-io/kv";
import type { NatsConnection } from "nats";
import { openBucket } from "../../infra/nats/buckets.ts";
import { revocationBucket, revocationMs, revocations } from "../../schemas/messages/revocation.ts";

/** Publishes revoked users, token families and API keys in a KV bucket that all edges watch. */
export class Revoker {
  readonly #bucket: KV;

  constructor(bucket: KV) {
    this.#bucket = bucket;
  }

  static async open(nc: NatsConnection): Promise<Revoker> {
    return new Revoker(await openBucket(nc, revocationBucket, { history: 1, ttl: revocationMs }));
  }

  user(userId: string): Promise<void> {
    return this.#put(revocations.user(userId));
  }

  family(family: string): Promise<void> {
    return this.#put(revocations.family(family));
  }

  apiKey(id: string): Promise<void> {
    return this.#put(revocations.apiKey(id));
  }

  async #put(key: string): Promise<void> {
    await this.#bucket.put(key, "");
  }
}
