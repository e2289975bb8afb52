import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import type { Settings } from "../../schemas/config.ts";
import { ParleyError } from "../../schemas/errors.ts";

/** The request head, copied: uWebSockets.js invalidates its request object at the first await. */
export interface RequestHead {
  /** In upper case. */
  method: string;
  /** As received: not decoded, without the query. */
  path: string;
  query: URLSearchParams;
  headers: ReadonlyMap<string, string>;
  /** Decoded values of the route's `:name` parts, in order. */
  params: readonly string[];
  /** Client address; `X-Forwarded-For` is used only with TRUST_PROXY. */
  ip: string;
  /** Content-Length in bytes; undefined without a body or with a chunked one. */
  contentLength: number | undefined;
  chunked: boolean;
}

/** Options for reading a head. */
export interface HeadOptions {
  settings: Pick<Settings, "limits" | "trustProxy">;
  /** Number of `:name` parts of the route. */
  params: number;
  urlBytes?: number;
}

/** An invalid head. `close`: request framing can't be trusted, so the connection must be closed. */
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
 * Reads and checks a request head. uWebSockets.js uses the first of two Content-Lengths and accepts any
 * Transfer-Encoding that contains `chunked`, which allows request smuggling behind a proxy.
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
  // Undefined without a query; the typings omit that.
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
  // The last entry is the one that our proxy added.
  const forwarded = trustProxy ? headers.get("x-forwarded-for")?.split(",").at(-1)?.trim() : undefined;
  return forwarded || Buffer.from(res.getRemoteAddressAsText()).toString("latin1");
}
