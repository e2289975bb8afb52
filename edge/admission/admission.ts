import { networkOf } from "../../infra/address-network.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { Principal } from "../../schemas/principal.ts";
import { Budget } from "./budget.ts";
import { RateLimit } from "./rate-limit.ts";

/** The caller of a request, and the holder that its budgets are counted against. */
export interface Caller {
  /** Null without a user's token: anonymous callers and webhooks. */
  principal: Principal | null;
  /** `user:<id>`, `webhook:<id>`, or `address:<network>` for an anonymous caller. */
  holder: string;
}

/** Returns the caller for a principal. */
export function callerOf(principal: Principal): Caller {
  return { principal, holder: `user:${principal.user_id}` };
}

/** An anonymous caller, counted by address: an IPv4 address, or an IPv6 /64. */
export function stranger(ip: string): Caller {
  return { principal: null, holder: `address:${networkOf(ip)}` };
}

/** The budgets of this edge's requests, in total and per caller, and the rate limits. */
export class Admission {
  /** Requests without a response yet. */
  readonly requests: Budget;
  /** Open WebSockets, by address. */
  readonly sockets: Budget;
  /** Open WebSockets and event streams, by user id. */
  readonly userStreams: Budget;
  readonly uploads: Budget;
  /**
   * Bytes of bodies from unauthenticated callers: login, webhooks, and bytes that arrive before a key is
   * checked.
   */
  readonly strangerBodies: Budget;
  /**
   * Leading bytes of bodies from authenticated callers: small bodies pass while large ones have exhausted
   * theirs.
   */
  readonly smallBodies: Budget;
  /** The remaining bytes of their bodies, and data URIs of frames. */
  readonly largeBodies: Budget;
  /** Audio of frames in transit to a voice process. */
  readonly audio: Budget;
  readonly #requestRate: RateLimit;
  readonly #strangerRate: RateLimit;
  readonly #failures: RateLimit;

  constructor(limits: Limits) {
    this.requests = new Budget(limits.requestsInFlight, limits.callerRequests);
    this.sockets = new Budget(limits.sockets, limits.addressSockets);
    this.userStreams = new Budget(Number.POSITIVE_INFINITY, limits.userSockets);
    this.uploads = new Budget(limits.uploads, limits.callerUploads);
    this.strangerBodies = new Budget(limits.strangerBodiesBytes, limits.addressBodiesBytes);
    this.smallBodies = new Budget(limits.smallBodiesBytes, limits.callerSmallBodiesBytes);
    this.largeBodies = new Budget(limits.bodiesInFlightBytes, limits.callerBodiesBytes);
    this.audio = new Budget(limits.voiceInFlightBytes, limits.callerVoiceBytes);
    const keys = limits.userRates;
    this.#requestRate = new RateLimit({ perS: limits.callerRequestsPerS, burst: limits.callerBurst }, keys);
    this.#strangerRate = new RateLimit(
      { perS: limits.addressRequestsPerS, burst: limits.addressBurst },
      keys,
    );
    this.#failures = new RateLimit({ perS: limits.authFailuresPerS, burst: limits.authFailuresBurst }, keys);
  }

  /** Counts a request before it is served. @throws ParleyError `rate_limited` */
  countRequest({ principal, holder }: Caller): void {
    const rate = principal === null && holder.startsWith("address:") ? this.#strangerRate : this.#requestRate;
    if (!rate.take(holder)) throw new ParleyError("rate_limited");
  }

  /** Acquires a stream slot of a user. Returns its release function. @throws ParleyError `rate_limited` */
  takeStream(user: string): () => void {
    if (!this.userStreams.take(user)) throw new ParleyError("rate_limited");
    return () => this.userStreams.give(user);
  }

  /** Checks whether an address may try an unknown token. @throws ParleyError `rate_limited` */
  checkFailures(ip: string): void {
    if (!this.#failures.allows(networkOf(ip))) throw new ParleyError("rate_limited");
  }

  /** Counts an invalid token against its address. @throws ParleyError `rate_limited` when over the rate */
  countFailure(ip: string): void {
    if (!this.#failures.take(networkOf(ip))) throw new ParleyError("rate_limited");
  }
}
