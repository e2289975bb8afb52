import { z } from "zod";
import type { Bus } from "../../infra/bus/bus.ts";
import type { RouteClient } from "../../infra/bus/route-client.ts";
import { idSchema, newId } from "../../schemas/ids.ts";
import { listSessions, sessionMessages } from "../../schemas/routes/sessions.ts";
import { sendAsUser } from "../events/session-mail.ts";
import { routeTool } from "../tools/route-tool.ts";
import type { Tool } from "../tools/tool.ts";
import { userTools } from "../tools/user-tools.ts";

const sendSchema = z.object({
  session_id: idSchema.describe("The session; an unknown one is created"),
  content: z.string().min(1).max(100_000).describe("What the user says"),
});

/** Tools of Parley's own MCP server: those of models, and access to the user's conversations. */
export function ownTools(bus: Bus, routes: Pick<RouteClient, "call">): Tool[] {
  return [
    ...userTools(routes),
    routeTool(routes, listSessions, {
      name: "list_sessions",
      description: "The user's conversations, the newest first",
      effect: "none",
      parameters: z.object({ limit: z.int().min(1).max(100).default(20) }),
      input: ({ limit }) => ({ query: { limit } }),
    }),
    routeTool(routes, sessionMessages, {
      name: "read_session",
      description: "The newest messages of a conversation, the oldest of them first",
      effect: "none",
      parameters: z.object({ session_id: idSchema, limit: z.int().min(1).max(50).default(20) }),
      input: ({ session_id, limit }) => ({ params: { id: session_id }, query: { limit } }),
    }),
    {
      name: "send_message",
      description:
        "Sends a message to one of the user's conversations, where a model answers it; read_session shows it",
      parameters: sendSchema,
      effect: "own",
      scope: "chat",
      async run(args, { principal }) {
        const { session_id: session, content: text } = sendSchema.parse(args);
        await sendAsUser({ bus }, { user: principal.user_id, session, text, key: newId("mcp_", 16) });
        return { status: "queued", session_id: session };
      },
    },
  ];
}
