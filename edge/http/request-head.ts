import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import type { Settings } from "../../schemas/config.ts";
import { ParleyError } from "../../schemas/errors.ts";

/** What stands before a request's body, copied: uWebSockets.js takes its own away at the first await. */
export interface RequestHead {
  /** In capitals. */
  method: string;
  /** As it came: not decoded, without the query. */
  path: string;
  query: URLSearchParams;
  headers: ReadonlyMap<string, string>;
  /** Decoded values of the route's `:name` parts, in their order. */
  params: readonly string[];
  /** Of the client; `X-Forwarded-For` counts with TRUST_PROXY only. */
  ip: string;
  /** Announced size of the body, bytes; undefined without a body and with a chunked one. */
  contentLength: number | undefined;
  chunked: boolean;
}

/** What a head is read with. */
export interface HeadOptions {
  settings: Pick<Settings, "limits" | "trustProxy">;
  /** How many `:name` parts the route has. */
  params: number;
  urlBytes?: number;
}

/** A head that may not be served: the connection can't be trusted to be in step any more where `close` is true. */
export interface BadHead {
  error: ParleyError;
  close: boolean;
}

interface Framing {
  lengths: string[];
  encodings: string[];
  hosts: number;
  bytes: number;
}

const badPercent = /%(?![0-9a-fA-F]{2})/;

/**
 * Reads and checks the head of a request. uWebSockets.js takes the first of two Content-Lengths and any
 * Transfer-Encoding that contains `chunked`, which would let a proxy and this server disagree on where it ends.
 */
export function readHead(
  res: HttpResponse,
  req: HttpRequest,
  options: HeadOptions,
): { head: RequestHead; bad: BadHead | undefined } {
  const headers = new Map<string, string>();
  const framing: Framing = { lengths: [], encodings: [], hosts: 0, bytes: 0 };
  req.forEach((key, value) => {
    framing.bytes += key.length + value.length + 4;
    if (key === "content-length") framing.lengths.push(value);
    if (key === "transfer-encoding") framing.encodings.push(value);
    if (key === "host") framing.hosts += 1;
    headers.set(key, value);
  });
  const path = req.getUrl();
  // Undefined where the URL has no query, whatever the typings say.
  const rawQuery = (req.getQuery() as string | undefined) ?? "";
  const raw = Array.from({ length: options.params }, (_, index) => req.getParameter(index) ?? "");
  const params = raw.map(decode);
  const head: RequestHead = {
    method: req.getMethod().toUpperCase(),
    path,
    query: new URLSearchParams(rawQuery),
    headers,
    params: params.map((value) => value ?? ""),
    ip: clientIp(res, headers, options.settings.trustProxy),
    contentLength: framing.lengths[0] === undefined ? undefined : Number(framing.lengths[0]),
    chunked: framing.encodings.length > 0,
  };
  const urlLength = path.length + rawQuery.length + 1;
  const bad =
    checkFraming(framing) ??
    checkSize(framing.bytes, urlLength, options) ??
    (badPercent.test(path) || badPercent.test(rawQuery) || params.includes(undefined)
      ? refuse(new ParleyError("invalid_request", { error: "请求地址编码无效" }))
      : undefined);
  return { head, bad };
}

function checkFraming({ lengths, encodings, hosts }: Framing): BadHead | undefined {
  const ambiguous =
    lengths.length > 1 ||
    encodings.length > 1 ||
    (lengths.length > 0 && encodings.length > 0) ||
    hosts !== 1 ||
    !/^\d{1,15}$/.test(lengths[0] ?? "0") ||
    (encodings[0] ?? "chunked").toLowerCase() !== "chunked";
  if (!ambiguous) return undefined;
  return { error: new ParleyError("invalid_request", { error: "请求头不明确或无效" }), close: true };
}

function checkSize(headerBytes: number, urlLength: number, options: HeadOptions): BadHead | undefined {
  const { limits } = options.settings;
  if (urlLength > (options.urlBytes ?? limits.urlBytes)) return refuse(new ParleyError("uri_too_long"));
  if (headerBytes > limits.headerBytes) return refuse(new ParleyError("headers_too_large"));
  return undefined;
}

function refuse(error: ParleyError): BadHead {
  return { error, close: false };
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function clientIp(res: HttpResponse, headers: ReadonlyMap<string, string>, trustProxy: boolean): string {
  // The last entry is the one that the proxy before us has added itself.
  const forwarded = trustProxy ? headers.get("x-forwarded-for")?.split(",").at(-1)?.trim() : undefined;
  return forwarded || Buffer.from(res.getRemoteAddressAsText()).toString("latin1");
}
