import type { AnswerHeaders } from "./exchange.ts";
import type { RequestHead } from "./request-head.ts";

/** Allowed browser origins: the server's own, and those of ALLOWED_ORIGINS. */
export class OriginPolicy {
  readonly #allowed: ReadonlySet<string>;

  constructor(allowedOrigins: readonly string[]) {
    this.#allowed = new Set(allowedOrigins);
  }

  /** CORS headers of a response; none for an origin that is not allowed. */
  headers(head: RequestHead): AnswerHeaders {
    const origin = head.headers.get("origin");
    if (origin === undefined || !this.#lists(origin)) return {};
    // No response depends on a cookie, so a page may read all headers.
    return { "access-control-allow-origin": origin, "access-control-expose-headers": "*", vary: "origin" };
  }

  /** Additional headers of a preflight response. */
  preflight(head: RequestHead, methods: readonly string[]): AnswerHeaders {
    const origin = head.headers.get("origin");
    if (origin === undefined || !this.#lists(origin)) return {};
    return {
      "access-control-allow-methods": methods.join(", "),
      // OpenAI's clients send many headers of their own; `*` does not cover Authorization.
      "access-control-allow-headers": "authorization, *",
      "access-control-max-age": "600",
    };
  }

  /**
   * Whether an origin may open a WebSocket. Tokens, unlike cookies, are not sent automatically, so any origin
   * is harmless until the operator configures a list.
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
