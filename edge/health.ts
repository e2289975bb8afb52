import type { Registry } from "prom-client";
import type { Services } from "./services.ts";

const page = `<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Parley</title>
<h1>Parley</h1>
<p>Chat, voice and IoT gateway.</p>
<ul>
<li><a href="/api/docs">API</a></li>
<li><a href="/health">Health</a></li>
</ul>
</html>
`;

/** Registers `/health`, `/api/v1/health`, `/metrics` and the page at `/`. */
export function addHealth({ router, link, sockets }: Services, registry: Registry): void {
  for (const path of ["/health", "/api/v1/health"]) {
    router.route("GET", path, (exchange) => {
      exchange.json(200, {
        status: link.up ? "ok" : "degraded",
        service: "cyrene-gateway",
        ws_connections: sockets.size,
        dependencies: { nats: link.up ? "up" : "down" },
      });
    });
  }
  router.route("GET", "/metrics", async (exchange) => {
    exchange.send(200, await registry.metrics(), { "content-type": registry.contentType });
  });
  router.route("GET", "/", (exchange) => {
    exchange.send(200, page, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    });
  });
}
