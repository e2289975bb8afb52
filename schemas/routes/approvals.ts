import { z } from "zod";
import { approvalDecisionSchema, approvalSchema } from "../documents/approval.ts";
import { idSchema } from "../ids.ts";
import { defineRoute } from "./route.ts";

const area = "approvals";

/** `GET /api/v1/approvals`: tool calls that wait for the user's answer, oldest first. */
export const listApprovals = defineRoute({
  method: "get",
  path: "/api/v1/approvals",
  access: "user",
  area,
  name: "list",
  summary: "Tool calls that wait for the user's consent, and tools that need none",
  answer: z.object({
    approvals: z.array(approvalSchema).describe("Calls that wait, oldest first."),
    total: z.int().describe("Number of calls that wait."),
    allowed_tools: z.array(z.string()).describe("Tools that the user has allowed for good."),
  }),
});

/** `POST /api/v1/approvals/:id`. An approval is answered once: a second answer is a conflict. */
export const decideApproval = defineRoute({
  method: "post",
  path: "/api/v1/approvals/:id",
  access: "user",
  area,
  name: "decide",
  summary: "Allow or deny a tool call",
  params: z.object({ id: idSchema.describe("Id of the approval, or its code.") }),
  body: z.object({
    decision: approvalDecisionSchema.describe("This call, every call of the tool, or no call."),
  }),
  answer: z.object({
    success: z.literal(true).describe("Always true; failures are errors."),
    approval_id: z.string().describe("Id of the approval."),
    decision: approvalDecisionSchema.describe("The decision that now stands."),
  }),
});

/** `DELETE /api/v1/approvals/tools/:name`: the tool needs consent again. */
export const revokeTool = defineRoute({
  method: "del",
  path: "/api/v1/approvals/tools/:name",
  access: "user",
  area,
  name: "revoke-tool",
  summary: "Ask for consent to a tool again",
  params: z.object({ name: idSchema.describe("Name of the tool.") }),
  answer: z.object({ success: z.literal(true).describe("Always true; failures are errors.") }),
});
