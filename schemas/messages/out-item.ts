import { z } from "zod";
import { streamFrameSchema } from "../wire/server-frame.ts";

/** The socket and edge that a message came from; that socket receives `accepted` instead of the echo. */
export const originSchema = z.object({
  edge: z.string().describe("Id of the edge process."),
  socket: z.string().describe("Id of the socket."),
});
export type Origin = z.infer<typeof originSchema>;

/**
 * The run of a turn that a frame belongs to. While `running`, edges drop lower attempts and follow one run
 * per attempt; a `committed` run replaces any of them, and no frame follows `ended`.
 */
export const runMarkSchema = z.object({
  attempt: z
    .int()
    .positive()
    .describe(
      "Number of the attempt, from 1. Frames of a lower attempt are void once a higher one was seen.",
    ),
  run_id: z
    .string()
    .describe("Id of the run. Frames of one attempt with another `run_id` come from another process."),
  phase: z.enum(["running", "committed", "ended"]).describe("State of the run."),
});
export type RunMark = z.infer<typeof runMarkSchema>;

/** `run_id` of frames that end a reply because its session was deleted: no model run produced them. */
export const deletedRunId = "deleted";

/** One outgoing frame; `run` is set on frames of a turn. */
export const outItemSchema = z.object({
  frame: streamFrameSchema.describe("The frame as clients receive it."),
  run: runMarkSchema.optional().describe("Run of the turn that the frame belongs to."),
  origin: originSchema.optional().describe("Socket that caused the frame."),
});
export type OutItem = z.infer<typeof outItemSchema>;
