import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { createMcpTools } from "./mcp-tools.ts";

// An MCP server on stdio: `node dist/test/_kit/fakes/mcp-stdio.js`.

await createMcpTools().connect(new StdioServerTransport());
