import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../../infra/log.ts";
import { adminUserId } from "../../schemas/principal.ts";
import type { Tool } from "../tools/tool.ts";
import { McpConnection } from "./connection.ts";
import { toolsOfServer } from "./mcp-tool.ts";
import type { McpServer } from "./server-store.ts";

/** How long a turn waits for servers that have not listed their tools yet, ms. */
const patienceMs = 2_000;

/** The MCP servers of this installation, with this process's connections. */
export class McpServers {
  readonly #log: Logger;
  #connections = new Map<string, McpConnection>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Replaces the configuration; connections of unchanged servers are kept. */
  replace(servers: readonly McpServer[]): void {
    const before = this.#connections;
    this.#connections = new Map(
      servers.map((server) => {
        const existing = before.get(server.name);
        const same = existing !== undefined && JSON.stringify(existing.server) === JSON.stringify(server);
        return [server.name, same ? existing : new McpConnection(server)];
      }),
    );
    const kept = new Set(this.#connections.values());
    for (const old of before.values()) if (!kept.has(old)) void old.close();
  }

  connection(name: string): McpConnection | undefined {
    return this.#connections.get(name);
  }

  /**
   * The tools a user's model may call now. A slow or unavailable server contributes none and delays no turn.
   */
  async toolsOf(user: string): Promise<Tool[]> {
    const allowed = [...this.#connections.values()].filter(({ server }) => mayUse(server, user));
    if (allowed.length === 0) return [];
    const answered = new AbortController();
    const late = delay(patienceMs, undefined, { signal: answered.signal }).catch(() => {});
    const lists = await Promise.all(
      allowed.map((connection) =>
        Promise.race([this.#tools(connection), late.then(() => connection.listed)]),
      ),
    );
    answered.abort();
    const byName = new Map(
      allowed.flatMap((connection, index) =>
        toolsOfServer(connection, lists[index] ?? []).map((tool): [string, Tool] => [tool.name, tool]),
      ),
    );
    return [...byName.values()];
  }

  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
  }

  async #tools(connection: McpConnection) {
    try {
      return await connection.tools();
    } catch (err) {
      this.#log.warn({ err, server: connection.server.name }, "MCP tools not listed");
      return [];
    }
  }
}

/** A local process has Parley's privileges: its tools are offered to the administrator only. */
function mayUse({ enabled, transport, users }: McpServer, user: string): boolean {
  if (!enabled) return false;
  if (transport === "stdio" || users === "admin") return user === adminUserId;
  return users === "all" || users.includes(user);
}
