import jwt from "jsonwebtoken";
import type { Secrets } from "../../infra/installation/secrets.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { revocations } from "../../schemas/messages/revocation.ts";
import { adminUserId, type Principal, tokenClaimsSchema } from "../../schemas/principal.ts";
import type { RequestHead } from "../http/request-head.ts";
import type { ApiKeyCheck } from "./api-key-check.ts";
import type { Revocations } from "./revocations.ts";

/** How far the clocks of two machines may differ, s. */
const leewayS = 60;
/** Longest token that is looked at, characters. */
const tokenChars = 4096;

/** Turns tokens into principals. */
export class Identity {
  readonly #secret: string;
  readonly #keys: ApiKeyCheck;
  readonly #revocations: Pick<Revocations, "has">;

  constructor(secrets: Pick<Secrets, "jwtSecret">, keys: ApiKeyCheck, revocations: Pick<Revocations, "has">) {
    this.#secret = secrets.jwtSecret;
    this.#keys = keys;
    this.#revocations = revocations;
  }

  /**
   * Who a token belongs to.
   * @throws ParleyError `unauthorized` without a token, `invalid_token` with a bad or revoked one, `service_unavailable`
   * or `storage_unavailable` while nobody can say whose API key it is
   */
  async identify(token: string | undefined): Promise<Principal> {
    if (token === undefined || token === "") throw new ParleyError("unauthorized");
    if (token.length > tokenChars) throw new ParleyError("invalid_token");
    const principal = token.startsWith("sk-") ? await this.#keys.principalOf(token) : this.#ofJwt(token);
    if (principal === null || this.#revocations.has(principal)) throw new ParleyError("invalid_token");
    return principal;
  }

  #ofJwt(token: string): Principal {
    let payload: unknown;
    try {
      payload = jwt.verify(token, this.#secret, {
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

/** The token of a request: `Authorization: Bearer`, else `?token=`. */
export function tokenOf(head: RequestHead): string | undefined {
  const header = head.headers.get("authorization");
  if (header === undefined) return head.query.get("token") ?? undefined;
  return /^Bearer +(\S+) *$/i.exec(header)?.[1];
}
