import { z } from "zod";
import { idSchema } from "../ids.ts";

/** A document of `clients`: one device or browser of a user, by the id that it gives itself. */
export const clientDocumentSchema = z.object({
  _id: z.object({ user: z.string(), client: z.string() }),
  device_name: z.string(),
  user_agent: z.string(),
  note: z.string(),
  last_seen: z.date(),
});
export type ClientDocument = z.infer<typeof clientDocumentSchema>;

/** A client as the administrator sees it; `last_seen` is Unix milliseconds. */
export const knownClientSchema = z.object({
  client_id: z.string(),
  user_id: z.string(),
  device_name: z.string(),
  user_agent: z.string(),
  note: z.string(),
  last_seen: z.int(),
  online: z.boolean(),
});
export type KnownClient = z.infer<typeof knownClientSchema>;

/** One client with a socket, as its edge sees it. */
export const seenClientSchema = z.object({
  user: idSchema,
  client: idSchema,
  device_name: z.string().max(128).optional(),
  user_agent: z.string().max(512).optional(),
});
export type SeenClient = z.infer<typeof seenClientSchema>;

/** `edge.clients`: clients that came or went, and from time to time all that are there. `at` is Unix milliseconds. */
export const clientReportSchema = z.object({ clients: z.array(seenClientSchema), at: z.int() });
export type ClientReport = z.infer<typeof clientReportSchema>;
