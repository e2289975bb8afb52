import { version } from "../../infra/checkout.ts";
import { asyncApiDocument } from "../../schemas/asyncapi.ts";
import { openApiDocument } from "../../schemas/openapi.ts";
import { edgeRoutes, routes } from "../../schemas/routes/index.ts";
import type { Route } from "../../schemas/routes/route.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";

const base = "/api/docs";

/** Serves the API reference: a page at `/api/docs`, and its two documents. */
export function addDocs(router: Router): void {
  const openApi = openApiDocument(version);
  const asyncApi = asyncApiDocument(version);
  const html = page(asyncApi);
  const get = (path: string, handler: (exchange: Exchange) => void) =>
    router.route({ method: "GET", path, handler });
  get(base, (exchange) =>
    exchange.send(200, html, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    }),
  );
  get(`${base}/openapi.json`, (exchange) => exchange.json(200, openApi));
  get(`${base}/asyncapi.json`, (exchange) => exchange.json(200, asyncApi));
}

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td{border-top:1px solid #ddd;padding:.3rem .6rem;vertical-align:top}
code{font:13px ui-monospace,monospace}pre{overflow:auto;background:#f6f6f6;padding:.6rem;font-size:12px}
summary{cursor:pointer}h2{margin-top:2rem}`;

function page(asyncApi: Record<string, unknown>): string {
  const all = [...routes, ...edgeRoutes];
  const areas = [...new Set(all.map(({ area }) => area))];
  const tables = areas.map(
    (area) =>
      `<h2>${escapeHtml(area)}</h2><table>${all
        .filter((route) => route.area === area)
        .map(row)
        .join("")}</table>`,
  );
  const channels = Object.values(asyncApi.channels as Record<string, Channel>).map(channel);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Parley API</title><style>${style}</style>
<h1>Parley API ${escapeHtml(version)}</h1>
<p>For tools: <a href="${base}/openapi.json">OpenAPI 3.1</a> · <a href="${base}/asyncapi.json">AsyncAPI 3.0</a>.
A token goes into <code>Authorization: Bearer</code>, or into <code>?token=</code>.</p>
${tables.join("\n")}
<h2>WebSockets</h2>${channels.join("\n")}
</html>
`;
}

interface Channel {
  address: string;
  title: string;
  messages: Record<string, { payload: unknown }>;
}

function row({ method, path, access, summary }: Route): string {
  const verb = method === "del" ? "DELETE" : method.toUpperCase();
  return `<tr><td><code>${verb} ${escapeHtml(path)}</code><td>${escapeHtml(summary)}<td>${access}`;
}

function channel({ address, title, messages }: Channel): string {
  const details = Object.entries(messages).map(
    ([name, { payload }]) =>
      `<details><summary><code>${escapeHtml(name)}</code></summary><pre>${escapeHtml(JSON.stringify(payload, null, 2))}</pre></details>`,
  );
  return `<h3>${escapeHtml(title)} <code>${escapeHtml(address)}</code></h3>${details.join("")}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
