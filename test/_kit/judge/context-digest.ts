import { createHash } from "node:crypto";

/** A message of a model's prompt. */
export interface Given {
  role: string;
  content: string;
}

/**
 * `ctx:<count>:<hash>` of a prompt's messages, excluding system messages: a reply that identifies the
 * transcript it was generated from. The last message is the one being answered.
 */
export function contextDigest(messages: readonly Given[]): string {
  const given = messages.filter(({ role }) => role !== "system" && role !== "developer");
  const text = JSON.stringify(given.map(({ role, content }) => [role, content]));
  return `ctx:${given.length}:${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

/** The digest at the start of a reply, or undefined without one (a cancelled or failed reply). */
export function readDigest(reply: string): { digest: string; count: number } | undefined {
  const [digest, count] = /^ctx:(\d+):[0-9a-f]{16}/.exec(reply) ?? [];
  return digest === undefined ? undefined : { digest, count: Number(count) };
}
