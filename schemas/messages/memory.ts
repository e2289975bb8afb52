import { z } from "zod";
import { recallAnswerSchema, recallRequestSchema } from "../documents/memory.ts";
import { idSchema } from "../ids.ts";
import { defineRequest, defineSignal } from "./define.ts";

export const memoryRecall = defineRequest({
  name: "memory.recall",
  doc: "Asks what is remembered about a user that matters to a text.",
  subject: "memory.recall",
  message: recallRequestSchema,
  answer: recallAnswerSchema,
  queue: "memory",
  timeout: "recallMs",
  publishers: ["session"],
  listeners: ["memory"],
});

export const memoryChanged = defineSignal({
  name: "memory.changed",
  doc: "What is remembered about a user has changed: copies of it are out of date.",
  subject: "memory.changed.{user}",
  message: z.object({ user: idSchema.describe("The user whose facts have changed.") }),
  publishers: ["memory"],
  listeners: ["memory", "session"],
});
