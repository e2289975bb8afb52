import { z } from "zod";
import { passageAnswerSchema, passageRequestSchema } from "../documents/knowledge.ts";
import { idSchema } from "../ids.ts";
import { defineRequest, defineSignal } from "./define.ts";

export const knowledgeRecall = defineRequest({
  name: "knowledge.recall",
  doc: "Asks for passages of a user's documents that may answer a text.",
  subject: "knowledge.recall",
  message: passageRequestSchema,
  answer: passageAnswerSchema,
  queue: "knowledge",
  timeout: "recallPassagesMs",
  publishers: ["session"],
  listeners: ["knowledge"],
});

export const knowledgeChanged = defineSignal({
  name: "knowledge.changed",
  doc: "A user's documents have changed: copies of what is known about them are out of date.",
  subject: "knowledge.changed.{user}",
  message: z.object({ user: idSchema.describe("The user whose documents have changed.") }),
  publishers: ["knowledge"],
  listeners: ["session", "knowledge"],
});
