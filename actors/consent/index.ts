import { decideApproval, listApprovals, revokeTool } from "../../schemas/routes/approvals.ts";
import type { ActorContext } from "../actor-context.ts";
import { onUserDeleted } from "../events/user-erasure.ts";
import { serveRoute } from "../requests/rest.ts";
import { Approvals } from "./approvals.ts";

/** Creates the approvals and serves their routes. */
export async function startApprovals(context: ActorContext): Promise<Approvals> {
  const { db, bus, out, settings } = context;
  const approvals = new Approvals(db, bus, out, settings.limits.approvalMs);
  await approvals.createIndexes();
  serveRoute(context, listApprovals, async ({ principal: { user_id } }) => {
    const pending = await approvals.pending(user_id);
    const allowed_tools = await approvals.allowedTools(user_id);
    return { approvals: pending, total: pending.length, allowed_tools };
  });
  serveRoute(context, decideApproval, async ({ principal, params, body: { decision } }) => {
    const { _id } = await approvals.decide(principal.user_id, params.id, decision);
    return { success: true as const, approval_id: _id, decision };
  });
  serveRoute(context, revokeTool, async ({ principal, params }) => {
    await approvals.revoke(principal.user_id, params.name);
    return { success: true as const };
  });
  await onUserDeleted(context, "approvals-erasure", (user) => approvals.erase(user));
  return approvals;
}
