import { createRequire } from "node:module";
import { mcpRequest, mcpServersChanged } from "../../schemas/messages/mcp.ts";
import type { ActorContext } from "../actor-context.ts";
import { persist } from "../storage/persist.ts";
import type { MoreTools } from "../tools/index.ts";
import { serveMcpSettings } from "./admin-routes.ts";
import { McpServers } from "./mcp-servers.ts";
import { OwnMcpServer } from "./own-server.ts";
import { ownTools } from "./own-tools.ts";
import { McpServerStore } from "./server-store.ts";

/** Polling interval that covers a lost change signal, ms. */
const lookEveryMs = 30_000;

/**
 * The Model Context Protocol in both roles: client of the servers that the administrator added, and server of
 * the user's own tools. Returns the former tools by user.
 */
export async function startMcp(context: ActorContext): Promise<MoreTools> {
  const { db, secrets, bus, log, lifecycle, routes, settings } = context;
  const store = new McpServerStore(db, secrets.encryptionKey);
  const servers = new McpServers(log);
  const look = async (): Promise<void> => {
    try {
      servers.replace(await store.read());
    } catch (err) {
      log.warn({ err }, "MCP servers not loaded, keeping the previous ones");
    }
  };
  bus.listen(mcpServersChanged, () => void look());
  servers.replace(await persist(log, "MCP servers", () => store.read()));
  const timer = setInterval(() => void look(), lookEveryMs);
  lifecycle.onStop("MCP servers", async () => {
    clearInterval(timer);
    await servers.close();
  });
  serveMcpSettings(context, store, servers, async () => {
    await look();
    bus.signal(mcpServersChanged, {});
  });
  const own = new OwnMcpServer(ownTools(bus, routes), log, version());
  bus.serve(mcpRequest, async ({ principal, message }) => {
    const signal = AbortSignal.timeout(settings.limits.mcpAnswerMs);
    return { message: { ...(await own.answer(principal, message, signal)) } };
  });
  return (user) => servers.toolsOf(user);
}

function version(): string {
  const { version } = createRequire(import.meta.url)("../../../package.json") as { version: string };
  return version;
}
