import { z } from "zod";
import { principalSchema } from "../principal.ts";
import { defineRequest, defineSignal, emptySchema } from "./define.ts";

const jsonRpcSchema = z.record(z.string(), z.unknown());

export const mcpRequest = defineRequest({
  name: "mcp.request",
  doc: "A JSON-RPC request of an MCP client to Parley's own MCP server, with its user.",
  subject: "mcp.request",
  message: z.object({
    principal: principalSchema.describe("Who asks."),
    message: jsonRpcSchema.describe("The JSON-RPC request."),
  }),
  answer: z.object({ message: jsonRpcSchema.describe("The JSON-RPC response.") }),
  queue: "mcp",
  timeout: "mcpAnswerMs",
  publishers: ["edge"],
  listeners: ["mcp"],
});

export const mcpServersChanged = defineSignal({
  name: "mcp.changed",
  doc: "The administrator has changed the MCP servers: processes read them again.",
  subject: "mcp.changed",
  message: emptySchema,
  publishers: ["mcp"],
  listeners: ["mcp"],
});
