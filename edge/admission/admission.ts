import { networkOf } from "../../infra/address-network.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { Principal } from "../../schemas/principal.ts";
import { Budget } from "./budget.ts";
import { RateLimit } from "./rate-limit.ts";

/** Who makes a request, and under which name its share of every budget is counted. */
export interface Caller {
  /** Null for everyone who has not shown a user's token: strangers, webhooks. */
  principal: Principal | null;
  /** `user:<id>`, `webhook:<id>`, or `address:<network>` of somebody unknown. */
  holder: string;
}

/** The caller that a principal is. */
export function callerOf(principal: Principal): Caller {
  return { principal, holder: `user:${principal.user_id}` };
}

/** Somebody unknown, counted by their address: an IPv4 address, or the /64 of an IPv6 subscriber. */
export function stranger(ip: string): Caller {
  return { principal: null, holder: `address:${networkOf(ip)}` };
}

/** What requests of this edge share, in all and for each caller, and how fast they may come. */
export class Admission {
  /** Requests that wait for their answer. */
  readonly requests: Budget;
  /** Open WebSockets, by address. */
  readonly sockets: Budget;
  /** Open WebSockets and event streams, by user id. */
  readonly userStreams: Budget;
  readonly uploads: Budget;
  /** Bytes of bodies of callers who are not known: log-in, webhooks, and what arrives before a key is checked. */
  readonly strangerBodies: Budget;
  /** The first bytes of each body of known callers: small bodies pass while large ones fill their own budget. */
  readonly smallBodies: Budget;
  /** All further bytes of their bodies, and data URIs of frames. */
  readonly largeBodies: Budget;
  /** Audio of frames on its way to a voice process. */
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

  /** Counts a request that is about to be served. @throws ParleyError `rate_limited` */
  countRequest({ principal, holder }: Caller): void {
    const rate = principal === null && holder.startsWith("address:") ? this.#strangerRate : this.#requestRate;
    if (!rate.take(holder)) throw new ParleyError("rate_limited");
  }

  /** Takes a place for a stream of a user. Answers how to give it back. @throws ParleyError `rate_limited` */
  takeStream(user: string): () => void {
    if (!this.userStreams.take(user)) throw new ParleyError("rate_limited");
    return () => this.userStreams.give(user);
  }

  /** Whether an address may try a token that is not known yet. @throws ParleyError `rate_limited` */
  checkFailures(ip: string): void {
    if (!this.#failures.allows(networkOf(ip))) throw new ParleyError("rate_limited");
  }

  /** Counts a wrong token of an address; beyond the rate they are refused. @throws ParleyError `rate_limited` */
  countFailure(ip: string): void {
    if (!this.#failures.take(networkOf(ip))) throw new ParleyError("rate_limited");
  }
}
