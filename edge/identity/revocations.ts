import type { KvWatchEntry } from "@nats-io/kv";
import type { Logger } from "../../infra/log.ts";
import { openBucket } from "../../infra/nats/buckets.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { revocationBucket, revocationMs, revocationsOf } from "../../schemas/messages/revocation.ts";
import type { Principal } from "../../schemas/principal.ts";
import type { Exchange } from "../http/exchange.ts";
import type { NatsLink } from "../nats-link.ts";

const retryMs = 1_000;
const sweepMs = 3_600_000;

/** Unexpired revocations, read from NATS, so that an edge that starts later has them too. */
export class Revocations {
  readonly #link: NatsLink;
  readonly #log: Logger;
  /** Revocation → time, Unix ms. */
  readonly #revoked = new Map<string, number>();
  readonly #onRevoked: ((isRevoked: (principal: Principal) => boolean) => void)[] = [];
  readonly #watches = new Set<{ principal: Principal; end: (error: ParleyError) => void }>();
  readonly #sweep: NodeJS.Timeout;
  #stop: () => void = () => {};
  #closed = false;

  private constructor(link: NatsLink, log: Logger) {
    this.#link = link;
    this.#log = log;
    this.#sweep = setInterval(() => this.#forget(), sweepMs);
    // Re-read after a reconnect: entries may have been missed.
    link.onUp(() => void this.#follow());
  }

  /** Resolves when all revocations are loaded. */
  static async open(link: NatsLink, log: Logger): Promise<Revocations> {
    const revocations = new Revocations(link, log);
    await revocations.#follow();
    return revocations;
  }

  /** Whether a principal's key, login or user was revoked. */
  has(principal: Principal): boolean {
    return revocationsOf(principal).some((key) => this.#revoked.has(key));
  }

  /** Calls `end` when the principal of an open response is revoked; at once if it already is. */
  watch(exchange: Pick<Exchange, "onOver">, principal: Principal, end: (error: ParleyError) => void): void {
    if (this.has(principal)) {
      end(new ParleyError("invalid_token"));
      return;
    }
    const watch = { principal, end };
    this.#watches.add(watch);
    exchange.onOver(() => this.#watches.delete(watch));
  }

  /** Runs after each revocation. */
  onRevoked(fn: (isRevoked: (principal: Principal) => boolean) => void): void {
    this.#onRevoked.push(fn);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#sweep);
    this.#stop();
  }

  async #follow(): Promise<void> {
    this.#stop();
    while (!this.#closed) {
      try {
        const bucket = await openBucket(this.#link.nc, revocationBucket, {
          history: 1,
          ttl: revocationMs,
        });
        const entries = await bucket.watch();
        const { values } = await bucket.status();
        await this.#read(entries, values);
        return;
      } catch (err) {
        // Each connection retries on its own.
        if (!this.#link.up || this.#closed) return;
        this.#log.warn({ err, bucket: revocationBucket }, "revocations not readable, retrying");
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  /**
   * Resolves when the `present` existing entries have been read; `isUpdate` is true from the last of them on.
   */
  #read(entries: AsyncIterable<KvWatchEntry> & { stop(): void }, present: number): Promise<void> {
    this.#stop = () => entries.stop();
    return new Promise((resolve, reject) => {
      const read = async () => {
        for await (const entry of entries) {
          this.#take(entry);
          if (entry.isUpdate) resolve();
        }
      };
      if (present === 0) resolve();
      read().then(resolve, reject);
    });
  }

  #take({ key, operation, created }: KvWatchEntry): void {
    if (operation !== "PUT") return;
    this.#revoked.set(key, created.getTime());
    const isRevoked = (principal: Principal) => revocationsOf(principal).includes(key);
    for (const fn of this.#onRevoked) fn(isRevoked);
    for (const { principal, end } of [...this.#watches])
      if (isRevoked(principal)) end(new ParleyError("invalid_token"));
  }

  #forget(): void {
    const before = Date.now() - revocationMs;
    for (const [key, at] of this.#revoked) if (at < before) this.#revoked.delete(key);
  }
}
