import { z } from "zod";
import { approvalOutcomeSchema } from "../documents/approval.ts";
import { idSchema } from "../ids.ts";
import { defineSignal } from "./define.ts";

export const approvalDecided = defineSignal({
  name: "approval.decided",
  doc: "A user has answered an approval, or it has expired: the waiting turn continues.",
  subject: "approval.decided.{user}",
  message: z.object({
    user: idSchema.describe("The user whose approval it is."),
    approval_id: idSchema.describe("Id of the approval."),
    outcome: approvalOutcomeSchema.describe("How it ended."),
  }),
  publishers: ["session"],
  listeners: ["session"],
});
