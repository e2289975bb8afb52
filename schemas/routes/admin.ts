import { z } from "zod";
import { idSchema } from "../ids.ts";
import { sessionStateSchema } from "../messages/admin-survey.ts";
import { knownClientSchema } from "../messages/clients.ts";
import { rejectedMessageSchema } from "../messages/rejected.ts";
import { defineRoute } from "./route.ts";

const admin = { access: "admin", area: "admin" } as const;
const ofUser = z.object({ user_id: idSchema.optional().describe("Id of the user.") });

/** `GET /api/v1/admin/sessions`: the sessions used last come first. */
export const listSessionStates = defineRoute({
  ...admin,
  method: "get",
  path: "/api/v1/admin/sessions",
  name: "sessions",
  summary: "Sessions of all users, as they are now",
  query: ofUser.extend({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(500)
      .default(200)
      .describe("Largest number of entries to answer."),
    offset: z.coerce.number().int().min(0).max(1_000_000).default(0).describe("Number of entries to skip."),
  }),
  answer: z.object({
    sessions: z.array(sessionStateSchema).describe("The sessions."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
  }),
});

/** `GET /api/v1/admin/sessions/active`. */
export const listActiveSessions = defineRoute({
  ...admin,
  method: "get",
  path: "/api/v1/admin/sessions/active",
  name: "active-sessions",
  summary: "Sessions that work, wait, are watched or were used a short while ago, by user",
  answer: z.object({ users: z.record(z.string(), z.array(sessionStateSchema)).describe("The users.") }),
});

/** `GET /api/v1/admin/sessions/:id`. */
export const getSessionState = defineRoute({
  ...admin,
  method: "get",
  path: "/api/v1/admin/sessions/:id",
  name: "session",
  summary: "One session, as it is now",
  params: z.object({ id: idSchema.describe("Id of the entry.") }),
  query: ofUser,
  answer: sessionStateSchema,
});

/** `GET /api/v1/admin/rejected`: newest first. */
export const listRejected = defineRoute({
  ...admin,
  method: "get",
  path: "/api/v1/admin/rejected",
  name: "rejected",
  summary: "Messages that were set aside: of an unknown form, or given up after repeated failures",
  query: z.object({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(50)
      .default(20)
      .describe("Largest number of entries to answer."),
    before: z.coerce
      .number()
      .int()
      .min(1)
      .optional()
      .describe("Only entries with a smaller id: the next page."),
  }),
  answer: z.object({
    rejected: z
      .array(rejectedMessageSchema.extend({ id: z.int().describe("Id of the entry, higher is newer.") }))
      .describe("The messages."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
  }),
});

/** `GET /api/v1/admin/clients`. */
export const listClients = defineRoute({
  ...admin,
  method: "get",
  path: "/api/v1/admin/clients",
  name: "clients",
  summary: "Known clients of a user (without user_id: of all), the one seen last first",
  query: ofUser,
  answer: z.object({
    clients: z.array(knownClientSchema).describe("Clients that were seen, newest first."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
  }),
});

/** `PUT /api/v1/admin/clients/:id/note`. */
export const noteClient = defineRoute({
  ...admin,
  method: "put",
  path: "/api/v1/admin/clients/:id/note",
  name: "client-note",
  summary: "Write a note on a client",
  params: z.object({ id: idSchema.describe("Id of the entry.") }),
  query: ofUser,
  body: z.object({ note: z.string().max(1_000).describe("Note of the administrator.") }),
  answer: z.object({
    status: z.literal("ok").describe("Result of the request."),
    client_id: z.string().describe("Id of the client, chosen by it: `^[A-Za-z0-9_-]{1,64}$`."),
    note: z.string().describe("Note of the administrator."),
  }),
});
