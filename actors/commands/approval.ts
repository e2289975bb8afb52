import type { ApprovalDecision } from "../../schemas/documents/approval.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Approvals } from "../consent/approvals.ts";
import type { Command, CommandCall } from "./command.ts";

/**
 * `/approve` and `/deny` decide an approval by its code. They run beside the queue: the turn is waiting for
 * them.
 */
export function approvalCommands(approvals: Pick<Approvals, "decide">): Command[] {
  const answer = (name: string, decisionOf: (words: string[]) => ApprovalDecision) => {
    return async ({ input, args: [code, ...words] }: CommandCall) => {
      if (code === undefined) return `用法: ${name} [code]`;
      try {
        const decision = decisionOf(words);
        const { tool } = await approvals.decide(input.user, code, decision);
        return decision === "deny" ? `已拒绝: ${tool}` : `已允许: ${tool}`;
      } catch (err) {
        if (err instanceof ParleyError) return err.message;
        throw err;
      }
    };
  };
  return [
    {
      name: "/approve",
      args: "[code]",
      description: "允许等待确认的操作",
      place: "beside",
      listed: [],
      answer: answer("/approve", ([word = ""]) => (word.toLowerCase() === "always" ? "always" : "once")),
    },
    {
      name: "/deny",
      args: "[code]",
      description: "拒绝等待确认的操作",
      place: "beside",
      listed: [],
      answer: answer("/deny", () => "deny"),
    },
  ];
}
