import { z } from "zod";
import { idSchema } from "../ids.ts";

/** A user's decision on a tool call: allow this call, always allow the tool, or deny. */
export const approvalDecisionSchema = z.enum(["once", "always", "deny"]);
export type ApprovalDecision = z.infer<typeof approvalDecisionSchema>;

/** How an approval ended; `expired`: not answered in time, which counts as denied. */
export const approvalOutcomeSchema = z.enum(["once", "always", "deny", "expired"]);
export type ApprovalOutcome = z.infer<typeof approvalOutcomeSchema>;

/** Fields of an approval that clients receive. */
export const approvalFields = {
  approval_id: idSchema.describe("Id of the approval."),
  tool_name: z.string().describe("The tool that a model wants to call."),
  arguments: z.string().describe("Its arguments as JSON text, shortened where they are long."),
  code: z.string().describe("Short code for `/approve <code>` and `/deny <code>`."),
  expires_at: z.int().describe("Without an answer until then the call is denied; Unix ms."),
};

/** A pending approval in the REST API. */
export const approvalSchema = z.object({
  ...approvalFields,
  session_id: z.string().describe("Session whose turn waits for it."),
  message_id: z.string().describe("`message_id` of the reply that waits for it."),
  created_at: z.int().describe("When it was requested, Unix ms."),
});
export type Approval = z.infer<typeof approvalSchema>;

/** A stored approval: for a tool with these arguments in one reply, across retries of its turn. */
export const approvalDocumentSchema = z.object({
  _id: z.string().describe("Id of the approval."),
  user: z.string().describe("Id of the user."),
  session: z.string().describe("Id of the session."),
  reply_id: z.string().describe("`message_id` of the reply."),
  tool: z.string().describe("Name of the tool."),
  arguments: z.string().describe("Arguments as JSON text, shortened where they are long."),
  code: z.string().describe("Short code for commands."),
  created_at: z.date().describe("When it was requested."),
  expires_at: z.date().describe("When it counts as denied."),
  outcome: approvalOutcomeSchema.optional().describe("How it ended; missing while it waits."),
});
export type ApprovalDocument = z.infer<typeof approvalDocumentSchema>;

/** A tool that a user has always allowed. */
export const toolGrantSchema = z.object({
  _id: z.object({
    user: z.string().describe("Id of the user."),
    tool: z.string().describe("Name of the tool."),
  }),
  at: z.date().describe("When it was allowed."),
});
export type ToolGrant = z.infer<typeof toolGrantSchema>;
