import type { RequestHead } from "./request-head.ts";

/** The bytes `from` to `to` - 1 of a body. */
export interface ByteRange {
  from: number;
  to: number;
}

/**
 * Whether the client already holds the version that `etag` identifies (`If-None-Match`, RFC 9110 section
 * 13.1.2).
 */
export function hasAlready({ headers }: RequestHead, etag: string): boolean {
  const tags = headers.get("if-none-match");
  if (tags === undefined) return false;
  return tags.trim() === "*" || tags.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}

/**
 * The requested range of a body of `size` bytes (RFC 9110 section 14.2). Undefined means the whole body; so
 * do multiple ranges, other units and an `If-Range` that does not match.
 */
export function rangeOf(
  { headers, method }: RequestHead,
  size: number,
  etag: string | undefined,
): ByteRange | "unsatisfiable" | undefined {
  const condition = headers.get("if-range");
  if (method !== "GET" || (condition !== undefined && condition.trim() !== etag)) return undefined;
  const [, first = "", last = ""] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(headers.get("range") ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { from: size - length, to: size };
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) return undefined;
  if (from >= size) return "unsatisfiable";
  return { from, to: last === "" ? size : Math.min(size, Number(last) + 1) };
}
