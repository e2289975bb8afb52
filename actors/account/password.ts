import { createHash } from "node:crypto";
import bcrypt from "bcrypt";

const rounds = 10;
/** Hash of a dummy password: comparing with it takes as long as comparing with a user's hash. */
const dummyHash = bcrypt.hashSync("no password", rounds);

/** Hashes a password for storage. */
export function hashPassword(password: string): Promise<string> {
  return bcrypt.hash(digest(password), rounds);
}

/** Checks a password. For an unknown user (`hash` undefined) it takes equally long and returns false. */
export async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
  const same = await bcrypt.compare(digest(password), hash ?? dummyHash);
  return same && hash !== undefined;
}

/** Hashes the password first, because bcrypt reads at most 72 bytes and 64 characters may be longer. */
function digest(password: string): string {
  return createHash("sha256").update(password).digest("base64");
}
