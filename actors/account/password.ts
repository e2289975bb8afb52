import { createHash } from "node:crypto";
import bcrypt from "bcrypt";

const rounds = 10;
/** Of a password that nobody has: comparing with it takes as long as comparing with a user's. */
const nobody = bcrypt.hashSync("no password", rounds);

/** The hash that is kept. */
export function hashPassword(password: string): Promise<string> {
  return bcrypt.hash(digest(password), rounds);
}

/** Whether a password is the one; for an unknown user (`hash` undefined) it takes as long, and is false. */
export async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
  const same = await bcrypt.compare(digest(password), hash ?? nobody);
  return same && hash !== undefined;
}

/** bcrypt reads 72 bytes at most, and 64 characters may be more. */
function digest(password: string): string {
  return createHash("sha256").update(password).digest("base64");
}
