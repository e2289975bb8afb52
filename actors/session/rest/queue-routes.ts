import type { Bus } from "../../../infra/bus/bus.ts";
import type { QueueAction, QueueOutcome } from "../../../schemas/documents/session-queue.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import { sessionQueueChange, sessionQueueOutcome } from "../../../schemas/messages/session.ts";
import { cancelQueued, changeQueued, sessionQueueItems } from "../../../schemas/routes/sessions.ts";
import { type RestContext, serveRoute } from "../../requests/rest.ts";
import { queueItems } from "../outbox/queue-frame.ts";
import type { SessionList } from "./session-list.ts";
import type { SessionQueues } from "./session-queues.ts";
import type { SessionUsers } from "./session-users.ts";

/** How long a request waits for the decision on a change, ms. */
const decisionMs = 8_000;

/** What the routes of queues work with. */
export interface QueueServices {
  bus: Pick<Bus, "append" | "ask">;
  queues: SessionQueues;
  list: Pick<SessionList, "find">;
  users: SessionUsers;
}

/** Serves the routes of session queues; any process can, the owner of the session decides on changes. */
export function serveQueueRoutes(context: RestContext, { bus, queues, list, users }: QueueServices): void {
  serveRoute(context, sessionQueueItems, async ({ principal, params, query }) => {
    const user = await users.userOf(principal, query.user_id, params.id);
    const { unfinished } = await queues.queue(user, params.id);
    if (unfinished.length === 0 && (await list.find(user, params.id)) === null)
      throw new ParleyError("session_not_found");
    const waiting = unfinished
      .filter(({ status }) => status === "queued")
      .map((message) => ({ ...message, client_msg_id: message.client_msg_id ?? "" }));
    const items = queueItems(waiting);
    return { session_id: params.id, items, total: items.length };
  });
  serveRoute(context, changeQueued, async ({ principal, params, query, body }) => {
    const user = await users.userOf(principal, query.user_id, params.id);
    const { content, position } = body;
    const change = (action: QueueAction) => applyChange(bus, user, params.id, params.message_id, action);
    if (content !== undefined) await change({ kind: "edit", content });
    if (position !== undefined) await change({ kind: "move", position });
    return { success: true as const };
  });
  serveRoute(context, cancelQueued, async ({ principal, params, query }) => {
    const user = await users.userOf(principal, query.user_id, params.id);
    await applyChange(bus, user, params.id, params.message_id, { kind: "cancel" });
    return { success: true as const };
  });
}

/**
 * Stores a change in the session's log and waits for the decision of its owner.
 * @throws ParleyError `turn_started`, `not_found`, `service_unavailable`; `session_queue_full` with too many
 * changes
 */
async function applyChange(
  bus: QueueServices["bus"],
  user: string,
  session: string,
  message_id: string,
  action: QueueAction,
): Promise<void> {
  const change_id = newId("qc_", 16);
  const of = { user, session, change_id };
  await bus.append(sessionQueueChange, { kind: "queue_change", ...of, message_id, action, at: Date.now() });
  const until = performance.now() + decisionMs;
  let outcome: QueueOutcome = "pending";
  while (outcome === "pending" && performance.now() < until)
    outcome = (await bus.ask(sessionQueueOutcome, { kind: "queue_change", ...of })).outcome;
  switch (outcome) {
    case "applied":
      return;
    case "turn_started":
      throw new ParleyError("turn_started");
    case "not_found":
      throw new ParleyError("not_found", { error: "消息不在队列中" });
    case "pending":
      throw new ParleyError("service_unavailable", { hint: "修改已保存，稍后会生效" });
  }
}
