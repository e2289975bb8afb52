import { openBulkStore } from "../../../infra/nats/bulk-store.ts";
import type { ActorContext } from "../../actor-context.ts";
import type { CommandDeps } from "../../commands/index.ts";
import { History } from "../transcript/history.ts";
import type { Transcripts } from "../transcript/index.ts";
import { serveNeoRoutes } from "./neo-routes.ts";
import { serveQueueRoutes } from "./queue-routes.ts";
import type { SessionDocuments } from "./session-documents.ts";
import { SessionExport } from "./session-export.ts";
import { SessionList } from "./session-list.ts";
import { SessionQueues } from "./session-queues.ts";
import { serveSessionRoutes } from "./session-routes.ts";
import { SessionUsers } from "./session-users.ts";
import { startUserErasure } from "./user-erasure.ts";

/** Serves the REST routes of sessions and of Yao Neo, and deletes the sessions of deleted users. */
export async function serveSessions(
  context: ActorContext,
  { store, eraser }: Transcripts,
  sessions: SessionDocuments,
  commands: CommandDeps,
): Promise<void> {
  const { nc, jsm } = context;
  const { jsonAnswerBytes, exportBytes } = context.settings.limits;
  const owner = new SessionQueues(context.bus);
  const history = new History(store, owner, jsonAnswerBytes / 2);
  const list = new SessionList({ store, sessions, owner, eraser, jsm, listBytes: jsonAnswerBytes / 2 });
  const inlineBytes = jsonAnswerBytes / 4;
  const files = new SessionExport(history, () => openBulkStore(nc), { inlineBytes, exportBytes });
  const users = new SessionUsers(sessions, list);
  serveSessionRoutes(context, { sessions, list, files, history, eraser, users });
  serveQueueRoutes(context, { bus: context.bus, queues: owner, list, users });
  serveNeoRoutes(context, history, commands);
  await startUserErasure(context, list);
}
