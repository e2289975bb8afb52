import type { Role } from "../schemas/roles.ts";
import type { ActorContext } from "./actor-context.ts";
import { startAdmin } from "./admin/main.ts";
import { startAutomation } from "./automation/index.ts";
import { startBindings } from "./bindings/index.ts";
import { startDevices } from "./devices/index.ts";
import { startFiles } from "./files/main.ts";
import { startImages } from "./images/main.ts";
import { startKnowledge } from "./knowledge/main.ts";
import { startMcp } from "./mcp/index.ts";
import { startMemory } from "./memory/main.ts";
import { serveEmbeddings } from "./models/embedding-route.ts";
import type { FairEmbeddings } from "./models/fair-embeddings.ts";
import { startModelList } from "./models/list.ts";
import { startNotifications } from "./notifications/index.ts";
import { serveQuota } from "./quota/index.ts";
import { startReminders } from "./reminders/index.ts";
import type { KeyedGroup } from "./runtime/keyed-actor.ts";
import { startSearch } from "./search/index.ts";
import { startSessions } from "./session/index.ts";
import { startStateless } from "./stateless/main.ts";
import { startVoice } from "./voice/main.ts";

/** Shared state of the roles of one process. */
export interface RoleProcess {
  actor: ActorContext;
  embeddings: FairEmbeddings;
  /** Keyed actor groups, hosted once all roles have started. */
  groups: KeyedGroup[];
  /** Awaited on stop before the groups leave. */
  drain: (() => Promise<void>)[];
}

/** Start function of each role, in start order. `account` starts earlier: see `main.ts`. */
export const roleStarts: Readonly<Record<Exclude<Role, "account">, (process: RoleProcess) => unknown>> = {
  async session({ actor, embeddings, groups, drain }) {
    groups.push(await startSessions(actor, await startMcp(actor)));
    const stateless = startStateless(actor);
    drain.push(() => stateless.stop());
    startModelList(actor);
    serveQuota(actor);
    serveEmbeddings(actor, embeddings);
    await startBindings(actor);
  },
  search: ({ actor }) => startSearch(actor),
  admin: ({ actor }) => startAdmin(actor),
  notifications: ({ actor }) => startNotifications(actor),
  async automation({ actor, groups }) {
    await startReminders(actor);
    groups.push(await startDevices(actor), await startAutomation(actor));
  },
  files: ({ actor }) => startFiles(actor),
  images: ({ actor }) => startImages(actor),
  knowledge: ({ actor, embeddings }) => startKnowledge(actor, embeddings),
  memory: ({ actor, embeddings }) => startMemory(actor, embeddings),
  voice: ({ actor }) => startVoice(actor),
};
