import { isSubjectFull } from "../../infra/nats/subject-full.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { sessionInput } from "../../schemas/messages/session.ts";
import { newSessionInput, type SessionInput } from "../../schemas/messages/session-input.ts";
import type { ActorContext } from "../actor-context.ts";

/** What goes into a session by itself; `key` (an id, at most 56 characters) makes a repetition one message. */
export interface SessionMail {
  user: string;
  session: string;
  text: string;
  key: string;
}

const prefix = "auto_";

type Means = Pick<ActorContext, "bus">;

/** Puts a text into a session as the assistant's; no model is asked. @throws ParleyError `session_queue_full`; as the stream does else */
export function sayInSession(means: Means, { text, ...mail }: SessionMail): Promise<void> {
  return post(means, mail, { content: "", notice: text });
}

/** Sends a message as the user would: the session's model answers. @throws ParleyError `session_queue_full`; as the stream does else */
export function sendAsUser(means: Means, { text, ...mail }: SessionMail): Promise<void> {
  return post(means, mail, { content: text });
}

async function post(
  { bus }: Means,
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

/** Whether a message came into its session by itself. */
export function isAutomatic(clientMsgId: string): boolean {
  return clientMsgId.startsWith(prefix);
}
