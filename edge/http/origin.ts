import type { AnswerHeaders } from "./exchange.ts";
import type { RequestHead } from "./request-head.ts";

/** Which browser origins may call: the server's own, and those of ALLOWED_ORIGINS. */
export class OriginPolicy {
  readonly #allowed: ReadonlySet<string>;

  constructor(allowedOrigins: readonly string[]) {
    this.#allowed = new Set(allowedOrigins);
  }

  /** CORS headers of an answer; none for an origin that is not allowed. */
  headers(head: RequestHead): AnswerHeaders {
    const origin = head.headers.get("origin");
    if (origin === undefined || !this.#lists(origin)) return {};
    // No answer depends on a cookie, so that a page may read all of its headers.
    return { "access-control-allow-origin": origin, "access-control-expose-headers": "*", vary: "origin" };
  }

  /** Further headers of the answer to a preflight. */
  preflight(head: RequestHead, methods: readonly string[]): AnswerHeaders {
    const origin = head.headers.get("origin");
    if (origin === undefined || !this.#lists(origin)) return {};
    return {
      "access-control-allow-methods": methods.join(", "),
      // Clients of OpenAI's API send many of their own; the star does not stand for the first.
      "access-control-allow-headers": "authorization, *",
      "access-control-max-age": "600",
    };
  }

  /**
   * Whether a WebSocket may be opened from here. Tokens don't travel by themselves as cookies do, so a foreign origin
   * is harmless until the operator names the ones they want.
   */
  mayUpgrade(head: RequestHead): boolean {
    const origin = head.headers.get("origin");
    if (origin === undefined || this.#allowed.size === 0 || this.#lists(origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === head.headers.get("host");
  }

  #lists(origin: string): boolean {
    return this.#allowed.has("*") || this.#allowed.has(origin);
  }
}
