import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  type CallToolResult,
  CallToolResultSchema,
  ListToolsResultSchema,
  type Tool as McpTool,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { boundedFetch } from "../models/bounded-fetch.ts";
import type { McpServer } from "./server-store.ts";

/** How long a list of tools is cached, ms. */
const listMs = 300_000;
/** How long a failed server is not retried, ms. */
const failedMs = 30_000;
const connectMs = 10_000;
const maxTools = 64;
const maxPages = 16;
const bodyBytes = 64 * 1024 * 1024;
const lineBytes = 4 * 1024 * 1024;

/** A connection to one MCP server, opened on first use and reopened after it was lost. */
export class McpConnection {
  readonly server: McpServer;
  #client: Promise<Client> | undefined;
  #tools: Promise<McpTool[]> | undefined;
  #listedAt = 0;
  #listed: McpTool[] = [];
  #failedAt = Number.NEGATIVE_INFINITY;
  #error: string | undefined;
  #closed = false;

  constructor(server: McpServer) {
    this.server = server;
  }

  /** The tools of the last list. */
  get listed(): readonly McpTool[] {
    return this.#listed;
  }

  get status(): "idle" | "connected" | "failed" | "disabled" {
    if (!this.server.enabled) return "disabled";
    if (this.#error !== undefined) return "failed";
    return this.#client === undefined ? "idle" : "connected";
  }

  /** Why the last attempt failed, for the administrator. */
  get error(): string | undefined {
    return this.#error;
  }

  /**
   * Lists the tools; `fresh` bypasses the cache and the pause after a failure.
   * @throws Error when listing fails
   */
  async tools(fresh = false): Promise<McpTool[]> {
    const now = performance.now();
    if (!fresh && now - this.#failedAt < failedMs) return [];
    if (fresh || now - this.#listedAt > listMs) this.#tools = undefined;
    this.#tools ??= this.#list();
    return this.#tools;
  }

  /**
   * Calls a tool once. It is repeated only when the server reports an unknown session and thus has not run
   * it.
   * @throws Error when it fails or times out
   */
  async call(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<CallToolResult> {
    const options = { signal, timeout: this.server.timeout_s * 1_000 };
    const request = { method: "tools/call" as const, params: { name, arguments: args } };
    const ask = async () => (await this.#connected()).request(request, CallToolResultSchema, options);
    try {
      return await ask();
    } catch (err) {
      if (!(err instanceof StreamableHTTPError) || err.code !== 404) throw err;
      await this.#drop();
      return ask();
    }
  }

  /** Closes the connection and ends its process, if any. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#drop();
  }

  async #list(): Promise<McpTool[]> {
    try {
      const client = await this.#connected();
      const tools: McpTool[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < maxPages && tools.length < maxTools; page++) {
        const params = cursor === undefined ? {} : { cursor };
        const request = { method: "tools/list" as const, params };
        const answer = await client.request(request, ListToolsResultSchema, { timeout: connectMs });
        tools.push(...answer.tools);
        cursor = answer.nextCursor;
        if (cursor === undefined) break;
      }
      this.#listedAt = performance.now();
      this.#error = undefined;
      this.#listed = tools.slice(0, maxTools);
      return this.#listed;
    } catch (err) {
      this.#failedAt = performance.now();
      this.#error = (err as Error).message.slice(0, 512);
      this.#listed = [];
      await this.#drop();
      throw err;
    }
  }

  #connected(): Promise<Client> {
    if (this.#closed) return Promise.reject(new Error("the connection is closed"));
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<Client> {
    const client = new Client({ name: "parley", version: "1" });
    client.onclose = () => {
      this.#client = undefined;
      this.#tools = undefined;
    };
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
      this.#tools = undefined;
    });
    try {
      await client.connect(transportOf(this.server), { timeout: connectMs });
      return client;
    } catch (err) {
      this.#client = undefined;
      await client.close().catch(() => {});
      throw err;
    }
  }

  async #drop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#tools = undefined;
    await client?.then((one) => one.close()).catch(() => {});
  }
}

function transportOf({ transport, url, command, args, secrets }: McpServer): Transport {
  if (transport === "stdio") {
    if (command === undefined) throw new Error("no command is set");
    // The process gets its own variables and a few basic ones, none of Parley's.
    const env = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...secrets.env };
    return new StdioClientTransport({ command, args, env, stderr: "ignore" });
  }
  if (url === undefined) throw new Error("no url is set");
  return new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: secrets.headers ?? {} },
    fetch: boundedFetch({ bodyBytes, lineBytes }),
  }) as Transport;
}
