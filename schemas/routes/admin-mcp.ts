import { z } from "zod";
import { mcpSecretsSchema, mcpServerNameSchema, mcpServerSettingsSchema } from "../documents/mcp.ts";
import { defineRoute } from "./route.ts";

const admin = { access: "admin", area: "mcp" } as const;
const root = "/api/v1/admin/mcp/servers";
const ofServer = z.object({ name: mcpServerNameSchema.describe("Name of the server.") });

const shownServerSchema = mcpServerSettingsSchema.extend({
  name: z.string().describe("Name of the server."),
  ...mcpSecretsSchema.required().shape,
  status: z
    .enum(["idle", "connected", "failed", "disabled"])
    .describe("Whether the process that answers is connected to it."),
  error: z.string().optional().describe("Why the last connection failed."),
  offered: z.array(z.string()).describe("Names of its tools as offered to models."),
  updated_at: z.iso.datetime().describe("When it was last changed, ISO 8601."),
});

/** `GET /api/v1/admin/mcp/servers`: values of headers and environment are masked. */
export const listMcpServers = defineRoute({
  ...admin,
  method: "get",
  path: root,
  name: "servers",
  summary: "MCP servers whose tools models may call, their secrets masked",
  answer: z.object({
    servers: z.array(shownServerSchema).describe("The servers."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
  }),
});

/** `POST /api/v1/admin/mcp/servers/:name`: what is left out stays; a masked value keeps the stored one. */
export const saveMcpServer = defineRoute({
  ...admin,
  method: "post",
  path: `${root}/:name`,
  name: "server-save",
  summary: "Create or change an MCP server; a masked header or variable keeps the stored one",
  params: ofServer,
  body: mcpServerSettingsSchema.partial().extend(mcpSecretsSchema.shape),
  answer: z.object({
    status: z.literal("saved").describe("Result of the request."),
    name: z.string().describe("Name of the server."),
  }),
});

/** `DELETE /api/v1/admin/mcp/servers/:name`. */
export const deleteMcpServer = defineRoute({
  ...admin,
  method: "del",
  path: `${root}/:name`,
  name: "server-delete",
  summary: "Delete an MCP server",
  params: ofServer,
  answer: z.object({
    status: z.literal("deleted").describe("Result of the request."),
    name: z.string().describe("Name of the server."),
  }),
});

/** `POST /api/v1/admin/mcp/servers/:name/check`: connects now. */
export const checkMcpServer = defineRoute({
  ...admin,
  method: "post",
  path: `${root}/:name/check`,
  name: "server-check",
  summary: "Connect to an MCP server and list its tools",
  params: ofServer,
  answer: z.object({
    name: z.string().describe("Name of the server."),
    ok: z.boolean().describe("Whether it answers."),
    error: z.string().optional().describe("Why not."),
    tools: z
      .array(
        z.object({
          name: z.string().describe("Name of the tool at its server."),
          description: z.string().describe("Description in words."),
        }),
      )
      .describe("Its tools."),
  }),
});
