import { ParleyError } from "../../../schemas/errors.ts";
import type { StopAnswer } from "../../../schemas/messages/session-input.ts";
import { sessionMessages } from "../../../schemas/routes/sessions.ts";
import type { ClientFrame } from "../../../schemas/wire/client-frame.ts";
import { toParleyError } from "../../http/error-shape.ts";
import type { Services } from "../../services.ts";
import type { ChatSocket } from "./chat-socket.ts";

type Deps = Pick<Services, "owner" | "rest">;
type HistoryFrame = ClientFrame & { type: "history" };
type Frame = ClientFrame & { type: "ping" | "history" | "stop" | "voice_interrupt" | "segment_played" };

/** Frames that an actor answers to this socket alone; a few run concurrently per socket. */
export class RequestFrames {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Handles a frame; errors are sent to the socket. */
  take(socket: ChatSocket, session: string, frame: Frame): void {
    const { owner } = this.#deps;
    switch (frame.type) {
      case "ping":
        socket.answer({ type: "pong", timestamp: Date.now() });
        return;
      case "history":
        this.#run(socket, session, () => this.#history(socket, session, frame));
        return;
      case "stop":
        this.#run(socket, session, async () =>
          found(await owner.stop(socket.user, session, frame.message_id)),
        );
        return;
      case "voice_interrupt": {
        const { message_id, heard_index, heard_ms } = frame;
        const heard = { message_id, heard_index, heard_ms };
        this.#run(socket, session, async () => found(await owner.interrupt(socket.user, session, heard)));
        return;
      }
      case "segment_played":
        owner.played(socket.user, session, frame.message_id, frame.index);
        return;
      default:
        frame satisfies never;
    }
  }

  #run(socket: ChatSocket, session: string, work: () => Promise<void>): void {
    const answered = () =>
      work().catch((cause: unknown) => socket.refuse(toParleyError(cause), { session_id: session }));
    if (!socket.requests.run(answered))
      socket.refuse(new ParleyError("rate_limited"), { session_id: session });
  }

  async #history(socket: ChatSocket, session: string, { limit, before }: HistoryFrame): Promise<void> {
    const query = { user_id: socket.user, limit, offset: 0, before };
    const request = { principal: socket.principal, ip: "", params: { id: session }, query, body: {} };
    const answer = await this.#deps.rest.ask(sessionMessages, request);
    // A session is created by its first message: before that its history is empty, not missing.
    const body = answer.status === 404 ? { messages: [], has_more: false } : answer.body;
    if (answer.status >= 400 && answer.status !== 404) {
      const { error, errorType, hint } = answer.body as { error: string; errorType?: string; hint?: string };
      socket.answer({
        type: "error",
        error,
        errorType: errorType ?? "service_unavailable",
        hint,
        session_id: session,
        timestamp: Date.now(),
      });
      return;
    }
    const { messages, has_more } = sessionMessages.answer.parse(body);
    socket.answer({
      type: "history_response",
      session_id: session,
      msg_type: "chat",
      messages,
      has_more,
      timestamp: Date.now(),
    });
  }
}

/** @throws ParleyError `service_unavailable` without an answer, `turn_not_found` when no turn was running */
function found(answer: StopAnswer | undefined): void {
  if (answer === undefined) throw new ParleyError("service_unavailable");
  if (!answer.stopped) throw new ParleyError("turn_not_found");
}
