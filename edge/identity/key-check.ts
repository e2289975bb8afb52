import type { Bus } from "../../infra/bus/bus.ts";
import { apiKeyPattern, webhookKeyPattern } from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import { keyCheck } from "../../schemas/messages/account.ts";
import type { Principal } from "../../schemas/principal.ts";

/** How long an answer holds, ms: a deleted key works for at most as long. */
const keepMs = 5_000;
/** The same of a key that nobody has: keys are random, so none of them comes into being later. */
const keepRefusedMs = 60_000;

/** Whose key it is: a user's, or a webhook integration's. */
export type KeyOwner = { principal: Principal } | { webhook: string };

/** Bounded map of answers, oldest first. */
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

/** Judges API keys and webhook keys: by their form, by what is remembered, and else by asking the accounts. */
export class KeyCheck {
  readonly #bus: Pick<Bus, "ask">;
  readonly #known: Answers<KeyOwner>;
  /** Apart, so that wrong keys can't drive out those that somebody has. */
  readonly #refused: Answers<true>;
  readonly #asked = new Map<string, Promise<KeyOwner | null>>();

  constructor(bus: Pick<Bus, "ask">, limits: Pick<Limits, "cachedKeys" | "refusedKeys">) {
    this.#bus = bus;
    this.#known = new Answers(limits.cachedKeys, keepMs);
    this.#refused = new Answers(limits.refusedKeys, keepRefusedMs);
  }

  /** Whose key it is as far as that is known here: null = nobody's, undefined = it has to be asked for. */
  known(key: string): KeyOwner | null | undefined {
    if (!apiKeyPattern.test(key) && !webhookKeyPattern.test(key)) return null;
    return this.#known.get(key) ?? (this.#refused.get(key) ? null : undefined);
  }

  /**
   * Asks whose key it is; null when nobody has it.
   * @throws ParleyError `service_unavailable` when nobody answers, `storage_unavailable` when keys can't be read
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
