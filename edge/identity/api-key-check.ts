import { authAnswerSchema } from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import type { Principal } from "../../schemas/principal.ts";
import { isNoResponders, type NatsLink } from "../nats-link.ts";

/** How long an answer holds, ms: a deleted key is good for at most as long. */
const keepMs = 5_000;

/** Asks the accounts whose API key a token is. */
export class ApiKeyCheck {
  readonly #link: NatsLink;
  readonly #limits: Pick<Limits, "requestTimeoutMs" | "cachedKeys">;
  /** Keys that somebody has, oldest first. Others are asked for each time, or strangers could fill it. */
  readonly #known = new Map<string, { principal: Principal; until: number }>();
  readonly #asked = new Map<string, Promise<Principal | null>>();

  constructor(link: NatsLink, limits: Pick<Limits, "requestTimeoutMs" | "cachedKeys">) {
    this.#link = link;
    this.#limits = limits;
  }

  /**
   * Whose key it is; null when nobody has it.
   * @throws ParleyError `service_unavailable` when nobody answers, `storage_unavailable` when keys can't be read
   */
  async principalOf(key: string): Promise<Principal | null> {
    const known = this.#known.get(key);
    if (known !== undefined && known.until > performance.now()) return known.principal;
    const asked = this.#asked.get(key) ?? this.#ask(key).finally(() => this.#asked.delete(key));
    this.#asked.set(key, asked);
    return asked;
  }

  async #ask(key: string): Promise<Principal | null> {
    if (!this.#link.up) throw new ParleyError("storage_unavailable");
    const timeout = this.#limits.requestTimeoutMs;
    const reply = await this.#link.nc
      .request(subjects.authCheck, JSON.stringify({ token: key }), { timeout })
      .catch((cause: unknown) => {
        throw new ParleyError(isNoResponders(cause) ? "service_unavailable" : "storage_unavailable", {
          cause,
        });
      });
    const { principal, unavailable } = authAnswerSchema.parse(reply.json());
    if (unavailable) throw new ParleyError("storage_unavailable");
    this.#known.delete(key);
    if (principal !== null) this.#remember(key, principal);
    return principal;
  }

  #remember(key: string, principal: Principal): void {
    this.#known.set(key, { principal, until: performance.now() + keepMs });
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > this.#limits.cachedKeys) this.#known.delete(oldest);
  }
}
