import type { Principal } from "../principal.ts";
import { accessTokenSeconds } from "../principal.ts";

/**
 * KV bucket of what was revoked, watched by every edge. A key is one of {@link revocations}; an entry may go when no
 * access token that it concerns can still be valid: refresh tokens and API keys are looked up in MongoDB.
 */
export const revocationBucket = "parley_revoked";

/** Milliseconds that an entry stays. */
export const revocationMs = (accessTokenSeconds + 2 * 3600) * 1000;

/** Keys of the bucket. The last two are also what `Principal.credential` holds. */
export const revocations = {
  user: (userId: string) => `user.${userId}`,
  family: (family: string) => `family.${family}`,
  apiKey: (id: string) => `key.${id}`,
} as const;

/** The entries any of which revokes this principal. */
export function revocationsOf({ user_id, credential }: Principal): string[] {
  return credential === undefined ? [revocations.user(user_id)] : [revocations.user(user_id), credential];
}
