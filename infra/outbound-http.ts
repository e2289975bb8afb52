import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Settings } from "../schemas/config.ts";
import { ParleyError } from "../schemas/errors.ts";
import { ClosedAddressError, isPublicAddress, type Resolved, resolvePublic } from "./outbound-address.ts";

/** A request to a user-supplied address. */
export interface OutboundRequest {
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Maximum bytes of the response body, decompressed; at most the limit `outboundBytes`. */
  maxBytes?: number;
  /** Total timeout, ms; at most the limit `outboundMs`. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** The response; `url` is the address after redirects. */
export interface OutboundAnswer {
  url: string;
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** A failed request: a short reason without addresses. */
export class OutboundError extends Error {
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = "OutboundError";
  }
}

type OutboundSettings = Pick<Settings, "allowPrivateUrls" | "limits">;

const maxRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);
// Ports of databases, brokers, mail and shells, which don't serve HTTP to the public.
const closedPorts = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 53, 69, 79, 110, 111, 119, 123, 135, 137, 139, 143, 161,
  389, 427, 445, 465, 514, 515, 548, 554, 587, 636, 873, 993, 995, 1433, 1521, 1720, 1723, 1883, 2049, 2181,
  2379, 3306, 3389, 3659, 4222, 4248, 5060, 5061, 5432, 5672, 5984, 6000, 6222, 6379, 6566, 6665, 6666, 6667,
  6668, 6669, 8222, 8883, 9042, 9092, 9200, 9300, 11211, 27017, 27018, 27019,
]);
const bodyless = new Set(["GET", "HEAD"]);

/**
 * Checks a user-supplied address, including its DNS records.
 * @throws ParleyError `url_not_allowed`.
 */
export async function assertAllowedUrl(url: string, settings: OutboundSettings): Promise<void> {
  const target = parseTarget(url, settings);
  if (isIP(bare(target)) !== 0) return;
  try {
    await resolvePublic(target.hostname, settings.allowPrivateUrls);
  } catch (err) {
    // A name that does not resolve now may do so when it is fetched, and is checked again then.
    if (err instanceof ClosedAddressError) throw new ParleyError("url_not_allowed", { cause: err });
  }
}

/**
 * Sends a request to a user-supplied address. Loopback, private and link-local addresses are rejected,
 * whether given by number, name or redirect; the connection uses the checked address.
 * @throws ParleyError `url_not_allowed`; OutboundError when the response exceeds its time or size.
 */
export async function fetchOutbound(
  request: OutboundRequest,
  settings: OutboundSettings,
): Promise<OutboundAnswer> {
  const { limits } = settings;
  const timeout = AbortSignal.timeout(Math.min(request.timeoutMs ?? limits.outboundMs, limits.outboundMs));
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  const maxBytes = Math.min(request.maxBytes ?? limits.outboundBytes, limits.outboundBytes);
  let next = request;
  for (let hop = 0; hop <= maxRedirects; hop++) {
    try {
      const answer = await fetchOnce(next, maxBytes, signal, settings);
      const location = answer.headers.location;
      if (!redirects.has(answer.status) || location === undefined) return answer;
      next = redirected(next, answer, location);
    } catch (err) {
      if (request.signal?.aborted) throw request.signal.reason;
      if (timeout.aborted) throw new OutboundError("未在时限内回复", err);
      throw err;
    }
  }
  throw new OutboundError("重定向次数过多");
}

/** The request after a redirect. Credentials are not forwarded to another origin. */
function redirected(from: OutboundRequest, answer: OutboundAnswer, location: string): OutboundRequest {
  if (!URL.canParse(location, from.url)) throw new OutboundError("重定向地址无效");
  const url = new URL(location, from.url);
  const sameOrigin = url.origin === new URL(from.url).origin;
  const becomesGet =
    answer.status === 303 || (answer.status < 303 && !bodyless.has((from.method ?? "GET").toUpperCase()));
  const headers = sameOrigin ? from.headers : pick(from.headers, ["accept", "user-agent", "content-type"]);
  return {
    ...from,
    url: url.href,
    ...(headers && { headers }),
    ...(becomesGet && { method: "GET", body: undefined }),
  };
}

function pick(headers: Record<string, string> | undefined, names: string[]): Record<string, string> {
  const kept = Object.entries(headers ?? {}).filter(([name]) => names.includes(name.toLowerCase()));
  return Object.fromEntries(kept);
}

async function fetchOnce(
  request: OutboundRequest,
  maxBytes: number,
  signal: AbortSignal,
  settings: OutboundSettings,
): Promise<OutboundAnswer> {
  const url = parseTarget(request.url, settings);
  const literal = isIP(bare(url)) !== 0;
  let addresses: Resolved | undefined;
  try {
    addresses = literal ? undefined : await resolvePublic(url.hostname, settings.allowPrivateUrls);
  } catch (err) {
    if (err instanceof ClosedAddressError) throw new ParleyError("url_not_allowed", { cause: err });
    throw new OutboundError("无法解析该地址", err);
  }
  const message = await send(url, request, addresses, signal);
  try {
    return {
      url: url.href,
      status: message.statusCode ?? 0,
      headers: Object.fromEntries(
        Object.entries(message.headers).map(([name, value]) => [name, [value ?? ""].flat().join(", ")]),
      ),
      body: await readBody(message, maxBytes, signal),
    };
  } finally {
    message.destroy();
  }
}

function send(
  url: URL,
  request: OutboundRequest,
  addresses: Resolved | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const ask = url.protocol === "https:" ? requestHttps : requestHttp;
    // Connects to the checked addresses, without reusing an open connection.
    const pinned: LookupFunction = (_name, options, done) => {
      const [first] = addresses ?? [];
      if (options.all) done(null, addresses ?? []);
      else done(null, first?.address ?? "", first?.family);
    };
    const outgoing = ask(url, {
      method: request.method ?? "GET",
      headers: { "user-agent": "Parley", "accept-encoding": "gzip", ...request.headers },
      agent: false,
      signal,
      ...(addresses && { lookup: pinned }),
    });
    outgoing.on("response", resolve);
    outgoing.on("error", (err) => reject(new OutboundError("无法连接该地址", err)));
    outgoing.end(request.body);
  });
}

async function readBody(message: IncomingMessage, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  const unpack = {
    gzip: createGunzip,
    "x-gzip": createGunzip,
    br: createBrotliDecompress,
    deflate: createInflate,
  };
  const encoding = (message.headers["content-encoding"] ?? "identity").toLowerCase();
  const decoder = Object.hasOwn(unpack, encoding) ? unpack[encoding as keyof typeof unpack]() : undefined;
  const stream: Readable = decoder === undefined ? message : message.pipe(decoder);
  if (decoder !== undefined) message.on("error", (err) => decoder.destroy(err));
  const parts: Buffer[] = [];
  let total = 0;
  try {
    for await (const part of stream) {
      total += (part as Buffer).length;
      if (total > maxBytes) throw new OutboundError("内容过大");
      parts.push(part as Buffer);
    }
  } catch (err) {
    if (err instanceof OutboundError) throw err;
    throw signal.aborted ? signal.reason : new OutboundError("内容读取中断", err);
  } finally {
    stream.destroy();
  }
  return Buffer.concat(parts);
}

/** @throws ParleyError `url_not_allowed` for anything but HTTP(S) to a public name or address. */
function parseTarget(text: string, { allowPrivateUrls }: OutboundSettings): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const refuse = (hint: string) => new ParleyError("url_not_allowed", { hint });
  if (url === undefined) throw refuse("地址无效");
  if (url.protocol !== "http:" && url.protocol !== "https:") throw refuse("只允许 http 和 https");
  if (url.username !== "" || url.password !== "") throw refuse("地址中不能带有用户名或密码");
  if (allowPrivateUrls) return url;
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  if (closedPorts.has(port)) throw refuse("不允许访问该端口");
  const host = bare(url);
  // Also without a DNS record.
  const loopback = /^(?:.*\.)?localhost\.?$/i.test(host);
  if (loopback || (isIP(host) !== 0 && !isPublicAddress(host))) throw refuse("不允许访问本机或内网地址");
  return url;
}

function bare(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}
