import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { createMcpTools } from "./mcp-tools.ts";

/** An MCP server over streamable HTTP that requires a key. */
export interface McpHttp {
  url: string;
  close(): void;
}

/** Starts it; requests need `Authorization: Bearer <key>`. */
export async function startMcpHttp(key: string): Promise<McpHttp> {
  const server: Server = createServer(async (request, response) => {
    if (request.headers.authorization !== `Bearer ${key}`) return response.writeHead(401).end();
    if (request.method !== "POST") return response.writeHead(405).end();
    // Without sessions: one server instance per request.
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    await createMcpTools().connect(transport as Transport);
    response.on("close", () => void transport.close());
    return transport.handleRequest(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
