import { login } from "./auth.ts";
import { listModels } from "./models.ts";
import type { Route } from "./route.ts";
import { clearSession, deleteSession, sessionMessages } from "./sessions.ts";

/** Every REST endpoint that is served by an actor. */
export const routes: readonly Route[] = [login, sessionMessages, clearSession, deleteSession, listModels];
