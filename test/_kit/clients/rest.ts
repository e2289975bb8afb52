import { adminUserId } from "../../../schemas/principal.ts";
import type { System } from "../worlds/system.ts";
import { mintToken } from "../worlds/token.ts";

/** A response of the API with its parsed body. */
export interface RestReply<T> {
  status: number;
  body: T;
}

/** Calls the API as this user (by default the administrator) on the first running edge. */
export async function call<T = Record<string, unknown>>(
  system: Pick<System, "ports">,
  method: string,
  path: string,
  body?: unknown,
  user = adminUserId,
): Promise<RestReply<T>> {
  const [port] = system.ports();
  const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${mintToken(user)}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
  return { status: response.status, body: (await response.json()) as T };
}
