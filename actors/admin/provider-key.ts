import { ParleyError } from "../../schemas/errors.ts";
import { maskKey } from "../models/key-cipher.ts";
import type { StoredProvider } from "../models/settings-store.ts";

/**
 * The API key of a provider after a save. Omitted, or sent back masked, the stored key is kept, unless the
 * base URL changes: a key must not be sent to another host. An empty key removes it.
 * @throws ParleyError `invalid_request` for the mask of another key, or a malformed key
 */
export function keyAfter(
  stored: StoredProvider | undefined,
  baseUrl: string,
  input: string | undefined,
): string | undefined {
  const key = input?.trim();
  const current = stored?.apiKey;
  if (key === undefined || (current !== undefined && key === maskKey(current)))
    return stored?.baseUrl === baseUrl ? current : undefined;
  if (key === "") return undefined;
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new ParleyError("invalid_request", { error: "请求参数错误: api_key 无效" });
  return key;
}
