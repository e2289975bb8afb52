import { createHash } from "node:crypto";
import type { BridgeAddress } from "../../../schemas/documents/bridge.ts";
import { idPattern } from "../../../schemas/ids.ts";
import { platforms, platformUserPrefix } from "../../../schemas/platforms.ts";

/** The user id of an account that is not bound to a user. */
export function externalUser({ platform, sender }: BridgeAddress): string {
  return idOf(platformUserPrefix(platform), sender);
}

/** The session of a chat; all topics of a chat share it. */
export function sessionOf({ platform, self, kind, chat }: BridgeAddress): string {
  return platforms[platform].sessionNamesBot
    ? idOf(`${platform}_${self}_${kind}_`, chat)
    : idOf(`${platform}_`, chat);
}

/** Converts a platform's id to a valid id: unchanged where it fits, else its digest. */
export function idOf(prefix: string, external: string): string {
  const id = prefix + external;
  if (idPattern.test(id)) return id;
  return prefix + createHash("sha256").update(external).digest("base64url").slice(0, 22);
}
