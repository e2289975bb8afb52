import { z } from "zod";
import { defineLog } from "./define.ts";
import { streams } from "./subjects.ts";

/** Stored bytes of a rejected payload. */
export const rejectedPayloadBytes = 8 * 1024;

/** A rejected message. */
export const rejectedMessageSchema = z.object({
  name: z.string().describe("Name of the message in docs/messages.md."),
  reason: z.string().describe("Why it was set aside: the error of its schema, or of the last try."),
  consumer: z.string().optional().describe("The consumer that gave it up."),
  subject: z.string().describe("Subject on which it was published."),
  stream: z.string().describe("Stream that held it."),
  seq: z.int().nonnegative().describe("Its sequence in that stream."),
  tries: z.int().nonnegative().describe("How often a handler was given it; 0: it did not match its schema."),
  published_at: z.iso.datetime().describe("When the stream stored it (RFC 3339)."),
  rejected_at: z.iso.datetime().describe("When it was set aside (RFC 3339)."),
  bytes: z.int().nonnegative().describe("Size of its payload, bytes."),
  payload: z.string().describe(`The first ${rejectedPayloadBytes} bytes of its payload, as text.`),
});
export type RejectedMessage = z.infer<typeof rejectedMessageSchema>;

/** A rejected message for the administrator. */
export const rejected = defineLog({
  name: "rejected",
  doc: "A stored message that matches no known form, or that its handler failed to handle in all its tries.",
  subject: "rejected.{stream}",
  stream: streams.rejected,
  message: rejectedMessageSchema,
  // A message that no consumer can parse is rejected once for all of them.
  id: ({ stream, seq, tries, consumer = "" }) => `${stream}.${seq}${tries === 0 ? "" : `.${consumer}`}`,
  publishers: ["actors", "edge"],
  listeners: ["admin"],
});
