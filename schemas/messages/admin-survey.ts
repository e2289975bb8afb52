import { z } from "zod";
import { idSchema } from "../ids.ts";
import { seenClientSchema } from "./clients.ts";

/** A session as the administrator sees it; `last_active` is Unix milliseconds, `queue_length` counts what waits. */
export const sessionStateSchema = z.object({
  session_id: z.string().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
  user_id: z.string().describe("Id of the user."),
  title: z.string().describe("Title."),
  status: z.enum(["idle", "processing"]).describe("Whether a turn runs, or whether everything needed is up."),
  queue_length: z
    .int()
    .nonnegative()
    .describe("Unfinished messages of the session, the running one included."),
  connections: z.int().nonnegative().describe("Open sockets of the session."),
  last_active: z.int().describe("When it was last used, Unix milliseconds."),
});
export type SessionState = z.infer<typeof sessionStateSchema>;

/** Which sessions a survey is about; nothing given = all. */
export const surveySchema = z.object({
  user: idSchema.optional().describe("Id of the user."),
  session: idSchema.optional().describe("Id of the session."),
});
export type Survey = z.infer<typeof surveySchema>;

/** Most entries of one answer to a survey. */
export const surveyEntries = 1_000;

/** Answer of an actor process to `survey.sessions`: what it has in memory, the busy ones first. */
export const sessionSurveySchema = z.object({
  sessions: z
    .array(
      z.object({
        user: z.string().describe("Id of the user."),
        session: z.string().describe("Id of the session."),
        processing: z.boolean().describe("Whether a turn runs."),
        waiting: z.int().nonnegative().describe("Messages that wait."),
        last_active: z.int().describe("When it was last used, Unix milliseconds."),
      }),
    )
    .describe("The sessions."),
});
export type SessionSurvey = z.infer<typeof sessionSurveySchema>;

/** Answer of an edge to `survey.sockets`: how many sockets each session has, and which clients. */
export const socketSurveySchema = z.object({
  sockets: z
    .array(
      z.object({
        user: z.string().describe("Id of the user."),
        session: z.string().describe("Id of the session."),
        count: z.int().describe("Number of sockets."),
      }),
    )
    .describe("Open sockets by session."),
  clients: z.array(seenClientSchema).describe("Clients that were seen, newest first."),
});
export type SocketSurvey = z.infer<typeof socketSurveySchema>;
