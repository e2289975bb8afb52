import { effect, signal } from "@preact/signals";
import { type Answer, type Frame, randomId } from "../../client/index.ts";
import { client, signedIn } from "./account.ts";
import { toastError } from "./toasts.ts";

export type SessionInfo = Answer<"listSessions">["sessions"][number];

/** The user's sessions, the one used last first; undefined until they are read. */
export const sessions = signal<readonly SessionInfo[] | undefined>(undefined);
/** Sessions with a reply that was not looked at. */
export const unread = signal<ReadonlySet<string>>(new Set());
/** The session that is shown. */
export const shownSession = signal<string | undefined>(undefined);

const settleMs = 800;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Reads the list, soon: what happens within a moment is read once. */
export function refreshSessions(now = false): void {
  clearTimeout(timer);
  timer = setTimeout(() => void read(), now ? 0 : settleMs);
}

async function read(): Promise<void> {
  try {
    const answer = await client().api.listSessions();
    sessions.value = answer.sessions;
  } catch (error) {
    if (signedIn.value && sessions.value === undefined) toastError(error);
  }
}

/** Names a new session; it comes to be with its first message. */
export function newSessionId(): string {
  return randomId("session_");
}

/** Marks a session as looked at. */
export function markRead(id: string): void {
  if (!unread.value.has(id)) return;
  const rest = new Set(unread.value);
  rest.delete(id);
  unread.value = rest;
}

function heard(frame: Frame): void {
  if (frame.type === "connected") refreshSessions(true);
  if (frame.type === "connected" || !("session_id" in frame) || frame.session_id === undefined) return;
  const id = frame.session_id;
  if (frame.type === "response" || frame.type === "accepted") refreshSessions();
  if (frame.type !== "stream_end") return;
  refreshSessions();
  if (shownSession.value !== id || document.hidden) unread.value = new Set([...unread.value, id]);
}

effect(() => {
  if (!signedIn.value) {
    sessions.value = undefined;
    return undefined;
  }
  return client().on("*", heard);
});
