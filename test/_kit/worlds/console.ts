import WebSocket from "ws";
import { ParleyClient, type Session, type SocketConstructor } from "../../../edge/client/index.ts";
import { within } from "../judge/waiting.ts";
import { type System, startSystem } from "./system.ts";
import { mintToken } from "./token.ts";

/** A system whose model repeats the message, and that does not limit logins. */
export function startConsoleSystem(env: Record<string, string> = {}): Promise<System> {
  return startSystem({
    edges: 1,
    actors: 1,
    env: { AUTH_RATE_LIMIT: "1000", OPENAI_MODEL: "slow:20x10", ...env },
  });
}

/** A client of the administrator, closed with the process. */
export function adminClient(url: string): ParleyClient {
  return new ParleyClient({
    url,
    token: mintToken("admin"),
    clientId: "phone",
    deviceName: "iPhone",
    WebSocket: WebSocket as unknown as SocketConstructor,
  });
}

/** Sends a message and waits for the reply to it. */
export async function converse(session: Session, content: string): Promise<void> {
  const id = session.send(content);
  const done = new Promise<void>((resolve, reject) => {
    const look = () => {
      const { messages } = session.state;
      const at = messages.findIndex(({ client_msg_id }) => client_msg_id === id);
      if (messages[at]?.status === "failed") reject(new Error(messages[at]?.error?.error));
      if (messages[at]?.status === "done" && messages[at + 1]?.status === "done") resolve();
    };
    session.subscribe(look);
    look();
  });
  await within(done, 60_000, `a reply to ${content.slice(0, 40)}`);
}
