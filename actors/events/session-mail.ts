import { isSubjectFull } from "../../infra/nats/subject-full.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { sessionInput } from "../../schemas/messages/session.ts";
import { newSessionInput, type SessionInput } from "../../schemas/messages/session-input.ts";
import type { ActorContext } from "../actor-context.ts";

/** A message appended to a session by automation; `key` (an id, at most 56 characters) deduplicates it. */
export interface SessionMail {
  user: string;
  session: string;
  text: string;
  key: string;
}

const prefix = "auto_";

type Deps = Pick<ActorContext, "bus">;

/**
 * Appends an assistant message without calling a model.
 * @throws ParleyError `session_queue_full`, or the stream's error
 */
export function sayInSession(deps: Deps, { text, ...mail }: SessionMail): Promise<void> {
  return post(deps, mail, { content: "", notice: text });
}

/**
 * Sends a message as the user; the session's model replies.
 * @throws ParleyError `session_queue_full`, or the stream's error
 */
export function sendAsUser(deps: Deps, { text, ...mail }: SessionMail): Promise<void> {
  return post(deps, mail, { content: text });
}

async function post(
  { bus }: Deps,
  { user, session, key }: Omit<SessionMail, "text">,
  what: Pick<SessionInput, "content" | "notice">,
): Promise<void> {
  const input = newSessionInput({
    user,
    session,
    client_msg_id: `${prefix}${key}`,
    surface: "automation",
    ...what,
  });
  try {
    await bus.append(sessionInput, input);
  } catch (cause) {
    throw isSubjectFull(cause) ? new ParleyError("session_queue_full", { cause }) : cause;
  }
}

/** Whether a message was sent by automation. */
export function isAutomatic(clientMsgId: string): boolean {
  return clientMsgId.startsWith(prefix);
}
