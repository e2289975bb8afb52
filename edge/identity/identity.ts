import jwt from "jsonwebtoken";
import type { Secrets } from "../../infra/installation/secrets.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { revocations } from "../../schemas/messages/revocation.ts";
import { adminUserId, hasScope, type Principal, tokenClaimsSchema } from "../../schemas/principal.ts";
import type { Scope } from "../../schemas/scopes.ts";
import { type Admission, type Caller, callerOf } from "../admission/admission.ts";
import type { Authorize } from "../http/endpoint.ts";
import type { RequestHead } from "../http/request-head.ts";
import type { KeyCheck } from "./key-check.ts";
import type { Revocations } from "./revocations.ts";
import { Tickets } from "./tickets.ts";

/** Tolerated clock skew between machines, s. */
const leewayS = 60;
/** Longest accepted token, characters. */
const tokenChars = 4096;

/** A presented token and its context. */
export interface TokenUse {
  /** Client address: invalid tokens are counted against it. */
  ip?: string;
  /** Required scope; none when omitted. */
  scope?: Scope;
  /** Whether it opens a WebSocket or an event stream, which also accept a ticket. */
  stream?: boolean;
}

/** Dependencies of identity checks. */
export interface IdentityDeps {
  secrets: Pick<Secrets, "jwtSecret">;
  keys: Pick<KeyCheck, "known" | "ask">;
  tickets: Pick<Tickets, "redeem">;
  revocations: Pick<Revocations, "has">;
  admission: Pick<Admission, "checkFailures" | "countFailure">;
}

/** Authenticates tokens; synchronous when the token alone is sufficient. */
export class Identity {
  readonly #deps: IdentityDeps;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  /**
   * Returns the principal of a token.
   * @throws ParleyError (or rejects with) `unauthorized` without a token, `invalid_token` with an invalid or
   * revoked one, `forbidden` when its scopes are insufficient, `rate_limited` after too many invalid tokens
   * from the address, `service_unavailable` or `storage_unavailable` while API keys can't be looked up
   */
  identify(token: string | undefined, use: TokenUse = {}): Principal | Promise<Principal> {
    if (token === undefined || token === "") throw new ParleyError("unauthorized");
    try {
      const found = this.#principalOf(token, use);
      if (!(found instanceof Promise)) return this.#judge(found, use);
      return found
        .then((principal) => this.#judge(principal, use))
        .catch((cause) => this.#failed(cause, use));
    } catch (cause) {
      return this.#failed(cause, use);
    }
  }

  /**
   * An endpoint's `authorize` for users. `admin`: only for the administrator. Rights over other users require
   * the scope `admin`: without it the administrator has the rights of any user.
   */
  authorizeUser(scope: Scope | undefined, { admin = false, stream = false } = {}): Authorize {
    const judge = (principal: Principal): Caller => {
      if (admin && !principal.is_admin) throw new ParleyError("admin_only");
      if (hasScope(principal, "admin")) return callerOf(principal);
      return callerOf({ ...principal, is_admin: false });
    };
    return (head) => {
      const use = { ip: head.ip, stream, ...(scope !== undefined && { scope }) };
      const found = this.identify(tokenOf(head), use);
      return found instanceof Promise ? found.then(judge) : judge(found);
    };
  }

  /** Returns the integration of a webhook key. @throws ParleyError as {@link identify} does */
  async webhook(key: string, ip: string): Promise<string> {
    try {
      const owner = this.#deps.keys.known(key);
      if (owner === undefined) this.#deps.admission.checkFailures(ip);
      const found = owner === undefined ? await this.#deps.keys.ask(key) : owner;
      if (found === null || !("webhook" in found)) throw new ParleyError("invalid_token");
      return found.webhook;
    } catch (cause) {
      return this.#failed(cause, { ip });
    }
  }

  #principalOf(token: string, { ip, stream }: TokenUse): Principal | null | Promise<Principal | null> {
    if (token.length > tokenChars) return null;
    if (Tickets.isTicket(token)) return stream === true ? this.#deps.tickets.redeem(token) : null;
    if (!token.startsWith("sk-")) return this.#ofJwt(token);
    const known = this.#deps.keys.known(token);
    if (known !== undefined) return userOf(known);
    // An address that keeps guessing keys is rejected before a lookup.
    if (ip !== undefined) this.#deps.admission.checkFailures(ip);
    return this.#deps.keys.ask(token).then(userOf);
  }

  #judge(principal: Principal | null, { scope }: TokenUse): Principal {
    if (principal === null || this.#deps.revocations.has(principal)) throw new ParleyError("invalid_token");
    if (scope !== undefined && !hasScope(principal, scope)) {
      if (scope === "admin" && !principal.is_admin) throw new ParleyError("admin_only");
      throw new ParleyError("forbidden", {
        error: "无权限: API 密钥的范围不足",
        hint: `需要 scope ${scope}`,
      });
    }
    return principal;
  }

  /** Counts an invalid token against its address. */
  #failed(cause: unknown, { ip }: TokenUse): never {
    if (ip !== undefined && cause instanceof ParleyError && cause.errorType === "invalid_token")
      this.#deps.admission.countFailure(ip);
    throw cause;
  }

  #ofJwt(token: string): Principal {
    let payload: unknown;
    try {
      payload = jwt.verify(token, this.#deps.secrets.jwtSecret, {
        algorithms: ["HS256"],
        issuer: "parley",
        audience: "parley",
        clockTolerance: leewayS,
      });
    } catch (cause) {
      throw new ParleyError("invalid_token", { cause });
    }
    const claims = tokenClaimsSchema.safeParse(payload);
    if (!claims.success || claims.data.typ !== "access") throw new ParleyError("invalid_token");
    const { sub, nick, fam } = claims.data;
    const credential = revocations.family(fam);
    return { user_id: sub, nickname: nick, is_admin: sub === adminUserId, credential };
  }
}

function userOf(owner: { principal: Principal } | { webhook: string } | null): Principal | null {
  return owner !== null && "principal" in owner ? owner.principal : null;
}

/** Reads the token of a request: `Authorization: Bearer`, else `?token=`. */
export function tokenOf(head: RequestHead): string | undefined {
  const header = head.headers.get("authorization");
  if (header === undefined) return head.query.get("token") ?? undefined;
  return /^Bearer +(\S+) *$/i.exec(header)?.[1];
}
