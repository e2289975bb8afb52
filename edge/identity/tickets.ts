import { randomUUID } from "node:crypto";
import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import jwt from "jsonwebtoken";
import type { NatsConnection } from "nats";
import { z } from "zod";
import { openBucket } from "../../infra/nats/buckets.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { type Principal, principalSchema } from "../../schemas/principal.ts";

/** Lifetime of a ticket, s. */
export const ticketSeconds = 30;
const prefix = "tkt-";
const issuer = "parley";
const audience = "parley-ticket";
/** Tolerated clock skew between two edges, s. */
const leewayS = 60;
/** Used tickets are kept for longer than any clock considers one valid, ms. */
const usedMs = 2 * (ticketSeconds + leewayS) * 1_000;

const claimsSchema = z.object({ jti: z.uuid(), principal: principalSchema });

/**
 * Single-use tickets. Each replaces a token in one upgrade or event stream. Any edge issues and accepts them;
 * used tickets are stored in NATS, so that each works once across all edges.
 */
export class Tickets {
  readonly #secret: string;
  readonly #nc: NatsConnection;
  #used: Promise<KV> | undefined;

  constructor(secret: string, nc: NatsConnection) {
    this.#secret = secret;
    this.#nc = nc;
  }

  /** Whether a string has the format of a ticket. */
  static isTicket(token: string): boolean {
    return token.startsWith(prefix);
  }

  /** Issues a ticket for this principal. */
  issue(principal: Principal): string {
    const claims = { jti: randomUUID(), principal };
    return `${prefix}${jwt.sign(claims, this.#secret, {
      algorithm: "HS256",
      issuer,
      audience,
      expiresIn: ticketSeconds,
    })}`;
  }

  /**
   * Redeems a ticket.
   * @throws ParleyError `invalid_token` for an invalid, expired or used one, `storage_unavailable` when that
   * can't be checked
   */
  async redeem(ticket: string): Promise<Principal> {
    const { jti, principal } = this.#verify(ticket.slice(prefix.length));
    this.#used ??= openBucket(this.#nc, "parley_tickets", { history: 1, ttl: usedMs });
    try {
      await (await this.#used).create(jti, "");
      return principal;
    } catch (cause) {
      if (isTaken(cause)) throw new ParleyError("invalid_token", { error: "票据已被使用", cause });
      this.#used = undefined;
      throw new ParleyError("storage_unavailable", { cause });
    }
  }

  #verify(token: string): z.output<typeof claimsSchema> {
    try {
      const options: jwt.VerifyOptions = { algorithms: ["HS256"], issuer, audience, clockTolerance: leewayS };
      return claimsSchema.parse(jwt.verify(token, this.#secret, options));
    } catch (cause) {
      throw new ParleyError("invalid_token", { cause });
    }
  }
}

function isTaken(cause: unknown): boolean {
  return cause instanceof JetStreamApiError && cause.code === JetStreamApiCodes.StreamWrongLastSequence;
}
