import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  type JSONRPCMessage,
  JSONRPCMessageSchema,
  ListToolsRequestSchema,
  McpError,
} from "@modelcontextprotocol/sdk/types.js";
import type { Logger } from "../../infra/log.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import { hasScope, type Principal } from "../../schemas/principal.ts";
import { inputSchemaOf } from "../tools/index.ts";
import type { Tool } from "../tools/tool.ts";

/** Session of reminders set by MCP clients; the user finds them there. */
const mcpSession = "mcp";

/** Parley's own MCP server. It is stateless: any process answers any request. */
export class OwnMcpServer {
  readonly #tools: readonly Tool[];
  readonly #log: Logger;
  readonly #version: string;

  constructor(tools: readonly Tool[], log: Logger, version: string) {
    this.#tools = tools;
    this.#log = log;
    this.#version = version;
  }

  /** Answers one JSON-RPC request of a user. */
  async answer(principal: Principal, message: unknown, signal: AbortSignal): Promise<JSONRPCMessage> {
    const request = JSONRPCMessageSchema.safeParse(message);
    if (!request.success || !("method" in request.data) || !("id" in request.data))
      return errorAnswer(message, ErrorCode.InvalidRequest, "not a JSON-RPC request");
    const server = this.#serverFor(principal, signal);
    const transport = new OneRequest();
    await server.connect(transport);
    try {
      return await transport.ask(request.data);
    } finally {
      await server.close();
    }
  }

  #serverFor(principal: Principal, signal: AbortSignal): Server {
    const allowed = this.#tools.filter(({ scope }) => scope === undefined || hasScope(principal, scope));
    const server = new Server(
      { name: "parley", version: this.#version },
      {
        capabilities: { tools: {} },
        instructions: "Tools of one user of Parley: devices, reminders, knowledge, memory, conversations.",
      },
    );
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: allowed.map((tool) => ({
        name: tool.name,
        description: tool.description,
        inputSchema: { ...inputSchemaOf(tool), type: "object" as const },
      })),
    }));
    server.setRequestHandler(CallToolRequestSchema, ({ params: { name, arguments: args = {} } }) => {
      const tool = allowed.find((one) => one.name === name);
      if (tool === undefined)
        throw new McpError(ErrorCode.InvalidParams, `no such tool: ${name.slice(0, 64)}`);
      return this.#call(tool, args, principal, signal);
    });
    return server;
  }

  async #call(tool: Tool, args: unknown, principal: Principal, signal: AbortSignal): Promise<CallToolResult> {
    const parsed = tool.parameters.safeParse(args);
    if (!parsed.success) return failed(`invalid arguments: ${parsed.error.issues[0]?.message ?? ""}`);
    const idempotencyKey = newId("mcp_", 16);
    try {
      const result = await tool.run(parsed.data, { principal, session: mcpSession, idempotencyKey, signal });
      return { content: [{ type: "text", text: JSON.stringify(result) ?? "done" }] };
    } catch (err) {
      if (err instanceof ParleyError) return failed(err.message);
      this.#log.error({ err, tool: tool.name, user: principal.user_id }, "tool failed");
      return failed("the tool failed");
    }
  }
}

/** A transport for one request and its answer. */
class OneRequest implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  #answered: (message: JSONRPCMessage) => void = () => {};

  start(): Promise<void> {
    return Promise.resolve();
  }

  ask(message: JSONRPCMessage): Promise<JSONRPCMessage> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.onmessage?.(message);
    });
  }

  send(message: JSONRPCMessage): Promise<void> {
    // Server notifications are dropped: there is no stream to send them on.
    if ("result" in message || "error" in message) this.#answered(message);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.onclose?.();
    return Promise.resolve();
  }
}

function failed(text: string): CallToolResult {
  return { isError: true, content: [{ type: "text", text }] };
}

function errorAnswer(message: unknown, code: ErrorCode, text: string): JSONRPCMessage {
  const id = typeof message === "object" && message !== null && "id" in message ? message.id : undefined;
  const valid = typeof id === "string" || typeof id === "number" ? id : "";
  return { jsonrpc: "2.0", id: valid, error: { code, message: text } };
}
