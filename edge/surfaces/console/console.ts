import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { checkoutDir } from "../../../infra/checkout.ts";
import { hasAlready } from "../../http/byte-range.ts";
import type { AnswerHeaders, Exchange } from "../../http/exchange.ts";
import type { Router } from "../../http/router.ts";

const folder = join(checkoutDir, "dist", "console");

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
  ".json": "application/json; charset=utf-8",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/** No external and no inline sources. Images and audio fetched with a token are blob URLs. */
const policy = [
  "default-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const unbuilt = `<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Parley</title>
<h1>Parley</h1>
<p>The console is not built: run <code>make build</code>.</p>
<ul>
<li><a href="/api/docs">API</a></li>
<li><a href="/health">Health</a></li>
</ul>
</html>
`;

/** Serves the console at `/`: its page, and the page's files. */
export function addConsole(router: Router): void {
  const paths = existsSync(folder) ? files(folder) : [];
  for (const path of paths) {
    const file = new StaticFile(path, paths);
    if (/\.(br|gz)$/.test(path)) continue;
    const at = path === "index.html" ? "/" : `/${path}`;
    router.route({ method: "GET", path: at, handler: (exchange) => file.answer(exchange) });
  }
  if (paths.includes("index.html")) return;
  const handler = (exchange: Exchange) => exchange.send(200, unbuilt, headersOf("index.html"));
  router.route({ method: "GET", path: "/", handler });
}

/**
 * A file of the build, loaded on first request and cached: builds are small, and their files never change.
 */
class StaticFile {
  readonly #path: string;
  readonly #encodings: readonly string[];
  readonly #bytes = new Map<string, Promise<Uint8Array>>();
  readonly #etag: string;

  constructor(path: string, all: readonly string[]) {
    this.#path = path;
    this.#encodings = ["br", "gz"].filter((encoding) => all.includes(`${path}.${encoding}`));
    this.#etag = `"${started.toString(36)}"`;
  }

  async answer(exchange: Exchange): Promise<void> {
    const { head } = exchange;
    const accepted = (head.headers.get("accept-encoding") ?? "").toLowerCase();
    const encoding = this.#encodings.find((name) => accepted.includes(name === "gz" ? "gzip" : name));
    const headers = {
      ...headersOf(this.#path),
      etag: this.#etag,
      ...(this.#encodings.length > 0 && { vary: "accept-encoding" }),
      ...(encoding !== undefined && { "content-encoding": encoding === "gz" ? "gzip" : encoding }),
    };
    if (hasAlready(head, this.#etag)) return exchange.empty(304, headers);
    const bytes = await this.#read(encoding);
    if (head.method === "HEAD") return exchange.empty(200, headers, bytes.length);
    await exchange.pieces(200, headers, bytes.length, once(bytes));
  }

  #read(encoding: string | undefined): Promise<Uint8Array> {
    const name = encoding === undefined ? this.#path : `${this.#path}.${encoding}`;
    const known = this.#bytes.get(name) ?? readFile(join(folder, name));
    this.#bytes.set(name, known);
    known.catch(() => this.#bytes.delete(name));
    return known;
  }
}

/** ETag of files without a hash in their name: it identifies the build of this process. */
const started = Date.now();

function headersOf(path: string): AnswerHeaders {
  const hashed = path.startsWith("assets/");
  return {
    "content-type": types[extname(path)] ?? "application/octet-stream",
    "cache-control": hashed ? "public, max-age=31536000, immutable" : "no-cache",
    "content-security-policy": policy,
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
  };
}

/** Paths below a folder, with `/`; dot files are excluded. */
function files(root: string, below = root): string[] {
  return readdirSync(below, { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    if (entry.name.startsWith(".")) return [];
    return entry.isDirectory() ? files(root, path) : [relative(root, path).split(sep).join("/")];
  });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
