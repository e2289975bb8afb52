import { setTimeout as delay } from "node:timers/promises";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";

/** A third-party MCP server, built with the SDK's server. */
export function createMcpTools(): McpServer {
  const server = new McpServer({ name: "fake", version: "1" });
  server.registerTool(
    "add.numbers",
    { description: "Adds two numbers", inputSchema: { a: z.number(), b: z.number() } },
    ({ a, b }) => ({ content: [{ type: "text", text: `sum ${a + b}` }] }),
  );
  server.registerTool("sleep", { description: "Sleeps", inputSchema: { ms: z.number() } }, async ({ ms }) => {
    await delay(ms);
    return { content: [{ type: "text", text: "awake" }] };
  });
  server.registerTool(
    "read",
    { description: "Reads", inputSchema: {}, annotations: { readOnlyHint: true } },
    () => ({ content: [{ type: "text", text: "read it" }] }),
  );
  server.registerTool("fail", { description: "Fails", inputSchema: {} }, () => ({
    isError: true,
    content: [{ type: "text", text: "out of order" }],
  }));
  return server;
}
