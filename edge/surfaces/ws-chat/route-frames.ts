import { fromErrorBody, ParleyError } from "../../../schemas/errors.ts";
import { decideApproval } from "../../../schemas/routes/approvals.ts";
import type { Route } from "../../../schemas/routes/route.ts";
import { cancelQueued, changeQueued, sessionQueueItems } from "../../../schemas/routes/sessions.ts";
import type { ClientFrame } from "../../../schemas/wire/client-frame.ts";
import type { QueueItem } from "../../../schemas/wire/session-frames.ts";
import { toParleyError } from "../../http/error-shape.ts";
import type { Services } from "../../services.ts";
import type { ChatSocket } from "./chat-socket.ts";

type Deps = Pick<Services, "rest">;
type Frame = ClientFrame & { type: "queue" | "queue_cancel" | "queue_edit" | "queue_move" | "approve" };

/** Frames that do what a REST route does; the result reaches all devices in the user's stream. */
export class RouteFrames {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Takes a frame; an error is answered to the socket. */
  take(socket: ChatSocket, session: string, frame: Frame): void {
    const of = { session_id: session, ...("message_id" in frame && { message_id: frame.message_id }) };
    const answered = () =>
      this.#request(socket, session, frame).catch((cause: unknown) =>
        socket.refuse(toParleyError(cause), of),
      );
    if (!socket.requests.run(answered)) socket.refuse(new ParleyError("rate_limited"), of);
  }

  async #request(socket: ChatSocket, session: string, frame: Frame): Promise<void> {
    switch (frame.type) {
      case "approve": {
        const { approval_id, decision } = frame;
        await this.#ask(socket, decideApproval, { params: { id: approval_id }, body: { decision } });
        return;
      }
      case "queue": {
        const items = await this.#queueItems(socket, session);
        socket.answer({ type: "queue", session_id: session, items, timestamp: Date.now() });
        return;
      }
      case "queue_edit":
      case "queue_move": {
        const params = { id: session, message_id: frame.message_id };
        const body = frame.type === "queue_edit" ? { content: frame.content } : { position: frame.position };
        await this.#ask(socket, changeQueued, { params, body });
        return;
      }
      case "queue_cancel":
        await this.#ask(socket, cancelQueued, { params: { id: session, message_id: frame.message_id } });
        return;
    }
  }

  /** The waiting messages. A session without a message yet exists for its devices, but not for REST. */
  async #queueItems(socket: ChatSocket, session: string): Promise<QueueItem[]> {
    try {
      const body = await this.#ask(socket, sessionQueueItems, { params: { id: session } });
      return sessionQueueItems.answer.parse(body).items;
    } catch (err) {
      if (err instanceof ParleyError && err.errorType === "session_not_found") return [];
      throw err;
    }
  }

  /** @throws ParleyError of the route */
  async #ask(
    { principal }: ChatSocket,
    route: Route,
    { params = {}, query = {}, body = {} }: { params?: object; query?: object; body?: object },
  ): Promise<unknown> {
    const answer = await this.#deps.rest.ask(route, { principal, ip: "", params, query, body });
    if (answer.status >= 400) throw fromErrorBody(answer.body, answer.status);
    return answer.body;
  }
}
