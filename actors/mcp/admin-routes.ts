import {
  type McpSecrets,
  type McpServerSettings,
  mcpServerDefaults,
  mcpServerSettingsSchema,
} from "../../schemas/documents/mcp.ts";
import { ParleyError } from "../../schemas/errors.ts";
import * as routes from "../../schemas/routes/admin-mcp.ts";
import { type RestContext, serveRoute } from "../requests/rest.ts";
import { McpConnection } from "./connection.ts";
import type { McpServers } from "./mcp-servers.ts";
import { toolsOfServer } from "./mcp-tool.ts";
import { type McpServer, type McpServerStore, target } from "./server-store.ts";

const masked = "…";
const maxServers = 100;

/** Serves the configuration of MCP servers. `changed` runs after each write. */
export function serveMcpSettings(
  context: RestContext,
  store: McpServerStore,
  servers: McpServers,
  changed: () => Promise<void>,
): void {
  serveRoute(context, routes.listMcpServers, async () => {
    const list = (await store.read()).map((server) => toServerView(server, servers.connection(server.name)));
    return { servers: list, total: list.length };
  });
  serveRoute(context, routes.saveMcpServer, async ({ params: { name }, body }) => {
    const all = await store.read();
    const stored = all.find((one) => one.name === name);
    if (stored === undefined && all.length >= maxServers)
      throw new ParleyError("conflict", { error: `最多 ${maxServers} 项` });
    await store.save(serverAfter(name, stored, body));
    await changed();
    return { status: "saved" as const, name };
  });
  serveRoute(context, routes.deleteMcpServer, async ({ params: { name } }) => {
    if (!(await store.delete(name))) throw new ParleyError("not_found", { error: "MCP 服务器不存在" });
    await changed();
    return { status: "deleted" as const, name };
  });
  serveRoute(context, routes.checkMcpServer, async ({ params: { name } }) => {
    const server = (await store.read()).find((one) => one.name === name);
    if (server === undefined) throw new ParleyError("not_found", { error: "MCP 服务器不存在" });
    return { name, ...(await check(server)) };
  });
}

/** Tests a server over a separate connection, so that running turns are not disturbed. */
async function check(server: McpServer) {
  const connection = new McpConnection(server);
  try {
    const tools = await connection.tools(true);
    return { ok: true, tools: tools.map(({ name, description = "" }) => ({ name, description })) };
  } catch (err) {
    return { ok: false, error: (err as Error).message.slice(0, 512), tools: [] };
  } finally {
    await connection.close();
  }
}

function toServerView({ secrets, updatedAt, ...server }: McpServer, connection: McpConnection | undefined) {
  const { status = "idle", error, listed = [] } = connection ?? {};
  return {
    ...server,
    headers: maskedValues(secrets.headers),
    env: maskedValues(secrets.env),
    status,
    ...(error !== undefined && { error }),
    offered: connection === undefined ? [] : toolsOfServer(connection, listed).map(({ name }) => name),
    updated_at: updatedAt.toISOString(),
  };
}

function maskedValues(values: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.keys(values).map((name) => [name, masked]));
}

/** @throws ParleyError `invalid_request` for a server without an address */
function serverAfter(
  name: string,
  stored: McpServer | undefined,
  { headers, env, ...input }: Partial<McpServerSettings> & McpSecrets,
): McpServer {
  const set = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const settings = mcpServerSettingsSchema.parse({ ...mcpServerDefaults, ...stored, ...set });
  const wanted = settings.transport === "http" ? "url" : "command";
  if (settings[wanted] === undefined)
    throw new ParleyError("invalid_request", { error: `请求参数错误: ${wanted} 不能为空` });
  // Secrets are kept only for the address they were saved with.
  const kept = stored !== undefined && target(stored) === target(settings) ? stored.secrets : {};
  const secrets = { headers: valuesAfter(kept.headers, headers), env: valuesAfter(kept.env, env) };
  return { ...settings, name, secrets, updatedAt: new Date() };
}

function valuesAfter(
  stored: Record<string, string> = {},
  input: Record<string, string> | undefined,
): Record<string, string> {
  if (input === undefined) return stored;
  return Object.fromEntries(
    Object.entries(input).flatMap(([name, value]): [string, string][] => {
      const kept = value === masked ? stored[name] : value;
      return kept === undefined ? [] : [[name, kept]];
    }),
  );
}
