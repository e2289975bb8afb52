import type { CallToolResult, Tool as McpTool } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { ParleyError } from "../../schemas/errors.ts";
import type { Tool } from "../tools/tool.ts";
import type { McpConnection } from "./connection.ts";

const nameChars = 64;
const descriptionChars = 1_024;
const schemaChars = 16_384;
const resultChars = 64_000;

const argumentsSchema = z.record(z.string(), z.unknown());

/** The tools of a server as offered to models; tools with a schema above the size limit are left out. */
export function toolsOfServer(connection: McpConnection, listed: readonly McpTool[]): Tool[] {
  const { name: server, tools: wanted } = connection.server;
  return listed
    .filter(({ name }) => wanted === null || wanted.includes(name))
    .filter(({ inputSchema }) => JSON.stringify(inputSchema).length <= schemaChars)
    .map((tool) => toolOf(connection, server, tool));
}

/** Name of a tool for models: the server's name and the tool's, as letters, digits, `_` and `-`. */
function offeredName(server: string, tool: string): string {
  return `${server}_${tool}`.replace(/[^\w-]/g, "_").slice(0, nameChars);
}

function toolOf(connection: McpConnection, server: string, tool: McpTool): Tool {
  return {
    name: offeredName(server, tool.name),
    description: (tool.description ?? tool.title ?? tool.name).slice(0, descriptionChars),
    parameters: argumentsSchema,
    inputSchema: tool.inputSchema,
    // A tool without `readOnlyHint` may change anything.
    effect: tool.annotations?.readOnlyHint === true ? "none" : "outside",
    foreign: true,
    async run(args, { signal }) {
      const result = await connection
        .call(tool.name, argumentsSchema.parse(args), signal)
        .catch((cause: unknown) => {
          signal.throwIfAborted();
          const reason = cause instanceof Error ? cause.message.slice(0, 512) : "";
          throw new ParleyError("service_unavailable", {
            error: `the tool's server failed: ${reason}`,
            cause,
          });
        });
      const text = textOf(result).slice(0, resultChars);
      if (result.isError === true)
        throw new ParleyError("invalid_request", { error: text || "the tool failed" });
      return { result: text };
    },
  };
}

/** The text of a result; other parts are named. */
function textOf({ content, structuredContent }: CallToolResult): string {
  const parts = content.map((part) => {
    if (part.type === "text") return part.text;
    if (part.type === "resource" && "text" in part.resource) return String(part.resource.text);
    if (part.type === "resource_link") return `[${part.name}: ${part.uri}]`;
    return `[${part.type}]`;
  });
  const text = parts.join("\n");
  return text === "" && structuredContent !== undefined ? JSON.stringify(structuredContent) : text;
}
