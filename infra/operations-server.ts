import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Lifecycle } from "./lifecycle.ts";
import type { Metrics } from "./metrics.ts";
import type { Readiness } from "./readiness.ts";
import { SettingsError } from "./settings-error.ts";

const requestMs = 10_000;

/** What the server exposes. */
export interface OperationsContext {
  host: string;
  port: number;
  metrics: Metrics;
  readiness: Readiness;
  lifecycle: Lifecycle;
}

/**
 * Serves `/livez`, `/readyz` and `/metrics` of this process on a separate port, over HTTP/1.0 and 1.1,
 * without credentials: the port belongs on the operator's network. Resolves with the port.
 * @throws SettingsError when the port is in use
 */
export async function serveOperations(context: OperationsContext): Promise<number> {
  const { host, port, lifecycle } = context;
  const server = createServer(
    { requestTimeout: requestMs, headersTimeout: requestMs },
    (request, response) => {
      const path = request.url?.split("?")[0] ?? "";
      answer(context, path, response).catch(() => response.destroy());
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", (err) =>
      reject(new SettingsError(`METRICS_PORT ${port} can't be used: ${err.message}`)),
    );
    server.listen(port, host, resolve);
  });
  // Probes are answered until the end of the stop, and never delay it.
  server.unref();
  lifecycle.onStop("operations", () => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

async function answer(
  { metrics, readiness, lifecycle }: OperationsContext,
  path: string,
  response: ServerResponse,
): Promise<void> {
  if (path === "/livez") return send(response, 200, "ok\n");
  if (path === "/readyz") {
    const problems = lifecycle.stopping ? ["stopping"] : readiness.problems();
    return problems.length === 0
      ? send(response, 200, "ok\n")
      : send(response, 503, `${problems.join("\n")}\n`);
  }
  if (path === "/metrics")
    return send(response, 200, await metrics.registry.metrics(), metrics.registry.contentType);
  send(response, 404, "not found\n");
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = "text/plain; charset=utf-8",
): void {
  // Content-Length, so that HTTP/1.0 clients don't wait for the close.
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
