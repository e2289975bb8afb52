import { openStore } from "../../infra/nats/bulk-store.ts";
import { openObject } from "../../infra/nats/object-reader.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { FileAnswer } from "../../schemas/routes/route.ts";
import type { NatsLink } from "../nats-link.ts";
import { hasAlready, rangeOf } from "./byte-range.ts";
import type { AnswerHeaders, Exchange } from "./exchange.ts";

/**
 * Responds with a file: its text, or an object or a range of it, read at the client's speed.
 * @throws ParleyError `not_found`, or `file_missing` when the object is missing
 */
export async function sendFile(exchange: Exchange, link: NatsLink, file: FileAnswer): Promise<void> {
  const { head } = exchange;
  const etag = file.etag === undefined ? undefined : `"${file.etag}"`;
  const headers = headersOf(file, etag);
  if (etag !== undefined && hasAlready(head, etag)) return exchange.empty(304, headers);
  if (file.object === undefined) return exchange.send(200, file.text ?? "", headers);
  const bucket = file.bucket ?? "bulk";
  const object = await openObject(link.jsm, await openStore(link.nc, bucket), file.object);
  if (object === null) throw new ParleyError(bucket === "files" ? "file_missing" : "not_found");
  const ranged = { ...headers, "accept-ranges": "bytes" };
  const range = rangeOf(head, object.size, etag);
  if (range === "unsatisfiable") {
    const error = new ParleyError("invalid_range");
    return exchange.errorWith(error, { "content-range": `bytes */${object.size}` });
  }
  if (head.method === "HEAD") return exchange.empty(200, ranged, object.size);
  if (range === undefined) return exchange.pieces(200, ranged, object.size, object.read());
  const { from, to } = range;
  const partial = { ...ranged, "content-range": `bytes ${from}-${to - 1}/${object.size}` };
  await exchange.pieces(206, partial, to - from, object.read(from, to));
}

function headersOf({ filename, type, inline, cache }: FileAnswer, etag: string | undefined): AnswerHeaders {
  return {
    "content-type": type,
    "content-disposition": `${inline ? "inline" : "attachment"}; ${namedBy(filename)}`,
    // User content: it must never run as a page of this origin.
    "content-security-policy": "default-src 'none'; sandbox",
    ...(etag !== undefined && { etag, "cache-control": "private, no-cache" }),
    // Shared caches may store it, one copy per token.
    ...(cache !== undefined && { "cache-control": cache, vary: "authorization" }),
  };
}

/**
 * A file name for every client: some read only the plain form, which is ASCII (RFC 6266 section 4.3 and
 * appendix D).
 */
function namedBy(filename: string): string {
  // Some clients decode percent signs here.
  const plain = filename.replace(/[^ !#$&'()+,\-.0-9;=@A-Z[\]^_`a-z{}~]/gu, "_");
  return `filename="${plain}"; filename*=UTF-8''${encoded(filename)}`;
}

/** Encodes a name as RFC 8187 defines. */
function encoded(filename: string): string {
  return encodeURIComponent(filename).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
