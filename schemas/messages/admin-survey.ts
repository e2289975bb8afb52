import { z } from "zod";
import { idSchema } from "../ids.ts";
import { seenClientSchema } from "./clients.ts";

/** A session as the administrator sees it; `last_active` is Unix milliseconds, `queue_length` counts what waits. */
export const sessionStateSchema = z.object({
  session_id: z.string(),
  user_id: z.string(),
  title: z.string(),
  status: z.enum(["idle", "processing"]),
  queue_length: z.int().nonnegative(),
  connections: z.int().nonnegative(),
  last_active: z.int(),
});
export type SessionState = z.infer<typeof sessionStateSchema>;

/** Which sessions a survey is about; nothing given = all. */
export const surveySchema = z.object({ user: idSchema.optional(), session: idSchema.optional() });
export type Survey = z.infer<typeof surveySchema>;

/** Most entries of one answer to a survey. */
export const surveyEntries = 1_000;

/** Answer of an actor process to `survey.sessions`: what it has in memory, the busy ones first. */
export const sessionSurveySchema = z.object({
  sessions: z.array(
    z.object({
      user: z.string(),
      session: z.string(),
      processing: z.boolean(),
      waiting: z.int().nonnegative(),
      last_active: z.int(),
    }),
  ),
});
export type SessionSurvey = z.infer<typeof sessionSurveySchema>;

/** Answer of an edge to `survey.sockets`: how many sockets each session has, and which clients. */
export const socketSurveySchema = z.object({
  sockets: z.array(z.object({ user: z.string(), session: z.string(), count: z.int() })),
  clients: z.array(seenClientSchema),
});
export type SocketSurvey = z.infer<typeof socketSurveySchema>;
