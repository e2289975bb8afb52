import { z } from "zod";
import { runAskSchema, runRequestSchema } from "../documents/automation.ts";
import { defineLog, defineRequest } from "./define.ts";
import { runPartitionOf, streams } from "./subjects.ts";

export const runRequested = defineLog({
  name: "automation.in",
  doc: "A run of an automation rule; it stays until the run has ended.",
  subject: "automation.in.{partition}.{user}.{rule}",
  stream: streams.runs,
  message: runRequestSchema,
  key: ({ user, rule }) => ({ partition: runPartitionOf(user, rule), user, rule }),
  id: ({ id }) => id,
  publishers: ["automation"],
  listeners: ["automation"],
});

export const runAsk = defineRequest({
  name: "automation.ask",
  doc: "Asks the owner of a rule to drop the oldest of its waiting runs, so that a newer one finds a place.",
  subject: "automation.ask.{partition}",
  message: runAskSchema,
  answer: z.object({ dropped: z.boolean().describe("Whether a run was dropped.") }),
  key: ({ user, rule }) => ({ partition: runPartitionOf(user, rule) }),
  timeout: 2_000,
  publishers: ["automation"],
  listeners: ["automation"],
});
