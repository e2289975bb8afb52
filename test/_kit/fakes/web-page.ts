import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ExecutionContext } from "ava";

/** A test's web server on 127.0.0.1. */
export interface WebServer {
  origin: string;
  /** Requested paths. */
  asked: string[];
}

/** Starts it; `serve` handles each request. */
export async function startWeb(
  t: Pick<ExecutionContext, "teardown">,
  serve: (path: string, response: ServerResponse, request: IncomingMessage) => void,
): Promise<WebServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    asked.push(path);
    serve(path, response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
