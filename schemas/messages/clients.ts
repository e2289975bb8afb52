import { z } from "zod";
import { idSchema } from "../ids.ts";

/** A document of `clients`: one device or browser of a user, by the id that it gives itself. */
export const clientDocumentSchema = z.object({
  _id: z
    .object({
      user: z.string().describe("Id of the user."),
      client: z.string().describe("Id of the client."),
    })
    .describe("Key of the document."),
  device_name: z.string().describe("Name of the client's device, as other devices show it."),
  user_agent: z.string().describe("Program of the client."),
  note: z.string().describe("Note of the administrator."),
  last_seen: z.date().describe("When it was last heard of, Unix milliseconds."),
});
export type ClientDocument = z.infer<typeof clientDocumentSchema>;

/** A client as the administrator sees it; `last_seen` is Unix milliseconds. */
export const knownClientSchema = z.object({
  client_id: z.string().describe("Id of the client, chosen by it: `^[A-Za-z0-9_-]{1,64}$`."),
  user_id: z.string().describe("Id of the user."),
  device_name: z.string().describe("Name of the client's device, as other devices show it."),
  user_agent: z.string().describe("Program of the client."),
  note: z.string().describe("Note of the administrator."),
  last_seen: z.int().describe("When it was last heard of, Unix milliseconds."),
  online: z.boolean().describe("Whether the client has an open socket."),
});
export type KnownClient = z.infer<typeof knownClientSchema>;

/** One client with a socket, as its edge sees it. */
export const seenClientSchema = z.object({
  user: idSchema.describe("Id of the user."),
  client: idSchema.describe("Id of the client."),
  device_name: z
    .string()
    .max(128)
    .optional()
    .describe("Name of the client's device, as other devices show it."),
  user_agent: z.string().max(512).optional().describe("Program of the client."),
});
export type SeenClient = z.infer<typeof seenClientSchema>;

/** `edge.clients`: clients that came or went, and from time to time all that are there. `at` is Unix milliseconds. */
export const clientReportSchema = z.object({
  clients: z.array(seenClientSchema).describe("Clients that were seen, newest first."),
  at: z.int().describe("When it happened."),
});
export type ClientReport = z.infer<typeof clientReportSchema>;
