import { createHash, timingSafeEqual } from "node:crypto";

/** Compares two secrets in a time that reveals neither: digests have equal lengths. */
export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
