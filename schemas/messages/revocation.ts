import type { Principal } from "../principal.ts";
import { accessTokenSeconds } from "../principal.ts";

/**
 * KV bucket of revocations, watched by every edge. A key is one of {@link revocations}; an entry expires when
 * no affected access token can still be valid: refresh tokens and API keys are looked up in MongoDB.
 */
export const revocationBucket = "parley_revoked";

/** TTL of an entry, ms. */
export const revocationMs = (accessTokenSeconds + 2 * 3600) * 1000;

/** Keys of the bucket. The last two are also what `Principal.credential` holds. */
export const revocations = {
  user: (userId: string) => `user.${userId}`,
  family: (family: string) => `family.${family}`,
  apiKey: (id: string) => `key.${id}`,
} as const;

/** Entries of which any one revokes this principal. */
export function revocationsOf({ user_id, credential }: Principal): string[] {
  return credential === undefined ? [revocations.user(user_id)] : [revocations.user(user_id), credential];
}
