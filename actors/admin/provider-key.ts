import { ParleyError } from "../../schemas/errors.ts";
import { maskKey } from "../models/key-cipher.ts";
import type { StoredProvider } from "../models/settings-store.ts";

/**
 * Which key a provider has after it is saved. Left out, or sent back as it was shown, the stored key stays; with a new
 * base URL it is dropped, for it was given for the old one. An empty key removes it.
 * @throws ParleyError `invalid_request` for a mask of another key, or a key that can't be one
 */
export function keyAfter(
  stored: StoredProvider | undefined,
  baseUrl: string,
  given: string | undefined,
): string | undefined {
  const key = given?.trim();
  const current = stored?.apiKey;
  if (key === undefined || (current !== undefined && key === maskKey(current)))
    return stored?.baseUrl === baseUrl ? current : undefined;
  if (key === "") return undefined;
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new ParleyError("invalid_request", { error: "请求参数错误: api_key 无效" });
  return key;
}
