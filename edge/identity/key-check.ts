import type { Bus } from "../../infra/bus/bus.ts";
import { apiKeyPattern, webhookKeyPattern } from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import { keyCheck } from "../../schemas/messages/account.ts";
import type { Principal } from "../../schemas/principal.ts";

/** Cache TTL, ms: a deleted key remains valid for at most this long. */
const keepMs = 5_000;
/** TTL of unknown keys, ms. Keys are random, so a guessed key is not created later. */
const keepRefusedMs = 60_000;

/** Owner of a key: a user, or a webhook integration. */
export type KeyOwner = { principal: Principal } | { webhook: string };

/** A bounded cache of lookups, oldest first. */
class Answers<T> {
  readonly #entries = new Map<string, { value: T; until: number }>();
  readonly #most: number;
  readonly #keepMs: number;

  constructor(most: number, keepForMs: number) {
    this.#most = most;
    this.#keepMs = keepForMs;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > performance.now() ? entry.value : undefined;
  }

  set(key: string, value: T): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: performance.now() + this.#keepMs });
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size > this.#most) this.#entries.delete(oldest);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}

/** Checks API keys and webhook keys: by format, then by the cache, then by a request to the account actor. */
export class KeyCheck {
  readonly #bus: Pick<Bus, "ask">;
  readonly #known: Answers<KeyOwner>;
  /** A separate cache, so that invalid keys can't evict valid ones. */
  readonly #refused: Answers<true>;
  readonly #asked = new Map<string, Promise<KeyOwner | null>>();

  constructor(bus: Pick<Bus, "ask">, limits: Pick<Limits, "cachedKeys" | "refusedKeys">) {
    this.#bus = bus;
    this.#known = new Answers(limits.cachedKeys, keepMs);
    this.#refused = new Answers(limits.refusedKeys, keepRefusedMs);
  }

  /** The cached owner of a key: null = no owner, undefined = not cached. */
  known(key: string): KeyOwner | null | undefined {
    if (!apiKeyPattern.test(key) && !webhookKeyPattern.test(key)) return null;
    return this.#known.get(key) ?? (this.#refused.get(key) ? null : undefined);
  }

  /**
   * Looks up the owner of a key; null when there is none.
   * @throws ParleyError `service_unavailable` when no account actor answers, `storage_unavailable` when keys
   * can't be read
   */
  ask(key: string): Promise<KeyOwner | null> {
    const asked = this.#asked.get(key) ?? this.#ask(key).finally(() => this.#asked.delete(key));
    this.#asked.set(key, asked);
    return asked;
  }

  async #ask(key: string): Promise<KeyOwner | null> {
    const { principal, webhook, unavailable } = await this.#bus.ask(keyCheck, { token: key });
    if (unavailable) throw new ParleyError("storage_unavailable");
    const owner = principal !== null ? { principal } : webhook !== undefined ? { webhook } : null;
    this.#known.delete(key);
    if (owner === null) this.#refused.set(key, true);
    else this.#known.set(key, owner);
    return owner;
  }
}
