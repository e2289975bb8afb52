import { createHash } from "node:crypto";

/** A message as a model was given it. */
export interface Given {
  role: string;
  content: string;
}

/**
 * `ctx:<count>:<hash>` of the messages a model was given, system messages aside: a reply that says which transcript it
 * was made on. The last message is the one that is answered.
 */
export function contextDigest(messages: readonly Given[]): string {
  const given = messages.filter(({ role }) => role !== "system" && role !== "developer");
  const text = JSON.stringify(given.map(({ role, content }) => [role, content]));
  return `ctx:${given.length}:${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

/** The digest at the beginning of a reply, or undefined where it is something else (a cancelled or failed one). */
export function readDigest(reply: string): { digest: string; count: number } | undefined {
  const [digest, count] = /^ctx:(\d+):[0-9a-f]{16}/.exec(reply) ?? [];
  return digest === undefined ? undefined : { digest, count: Number(count) };
}
