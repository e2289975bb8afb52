import jwt from "jsonwebtoken";
import type { Secrets } from "../infra/secrets.ts";
import { ParleyError } from "../schemas/errors.ts";
import { adminUserId, type Principal, tokenClaimsSchema } from "../schemas/principal.ts";
import type { RequestHead } from "./http/request-head.ts";

/** How far the clocks of two machines may differ, s. */
const leewayS = 60;
/** Longest token that is looked at, characters. */
const tokenChars = 4096;

/** Turns tokens into principals. */
export class Identity {
  readonly #secret: string;

  constructor(secrets: Pick<Secrets, "jwtSecret">) {
    this.#secret = secrets.jwtSecret;
  }

  /**
   * Who a token belongs to.
   * @throws ParleyError `unauthorized` without a token, `invalid_token` with a bad one
   */
  async identify(token: string | undefined): Promise<Principal> {
    if (token === undefined || token === "") throw new ParleyError("unauthorized");
    if (token.length > tokenChars) throw new ParleyError("invalid_token");
    return token.startsWith("sk-") ? this.#ofApiKey(token) : this.#ofJwt(token);
  }

  // Where the accounts actor will be asked about API keys.
  async #ofApiKey(_key: string): Promise<Principal> {
    throw new ParleyError("invalid_token");
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
    const { sub, nick } = claims.data;
    return { user_id: sub, nickname: nick, is_admin: sub === adminUserId };
  }
}

/** The token of a request: `Authorization: Bearer`, else `?token=`. */
export function tokenOf(head: RequestHead): string | undefined {
  const header = head.headers.get("authorization");
  if (header === undefined) return head.query.get("token") ?? undefined;
  return /^Bearer +(\S+) *$/i.exec(header)?.[1];
}
