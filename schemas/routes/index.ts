import * as admin from "./admin.ts";
import * as adminMcp from "./admin-mcp.ts";
import * as adminModels from "./admin-models.ts";
import * as adminUsers from "./admin-users.ts";
import * as approvals from "./approvals.ts";
import * as auth from "./auth.ts";
import * as automation from "./automation.ts";
import * as bindings from "./bindings.ts";
import * as devices from "./devices.ts";
import * as edgeServed from "./edge-served.ts";
import * as embeddings from "./embeddings.ts";
import * as files from "./files.ts";
import * as images from "./images.ts";
import * as keys from "./keys.ts";
import * as knowledge from "./knowledge.ts";
import * as memory from "./memory.ts";
import * as models from "./models.ts";
import * as neo from "./neo.ts";
import * as notifications from "./notifications.ts";
import * as quota from "./quota.ts";
import * as reminders from "./reminders.ts";
import type { Route } from "./route.ts";
import * as scenes from "./scenes.ts";
import * as search from "./search.ts";
import * as sessions from "./sessions.ts";
import * as voice from "./voice.ts";
import * as webhook from "./webhook.ts";
import * as webhookKeys from "./webhook-keys.ts";

/** The areas whose endpoints are served by an actor. Their files export nothing else. */
const areas = [
  auth,
  keys,
  webhookKeys,
  sessions,
  search,
  models,
  embeddings,
  neo,
  bindings,
  quota,
  approvals,
  files,
  images,
  knowledge,
  memory,
  admin,
  adminMcp,
  adminModels,
  adminUsers,
  automation,
  scenes,
  devices,
  notifications,
  reminders,
  voice,
];

/** Every REST endpoint that is served by an actor. */
export const routes: readonly Route[] = areas.flatMap((area) => Object.values(area));

/** The same by the names of their exports, which are unique: the client library has a method for each. */
export const namedRoutes: Readonly<Record<string, Route>> = Object.assign({}, ...areas);

/** Endpoints that the edge answers by itself. */
export const edgeRoutes: readonly Route[] = [webhook, edgeServed].flatMap((area) => Object.values(area));
