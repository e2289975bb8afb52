import { ParleyError } from "../../../schemas/errors.ts";
import { newSessionInput, type SessionInput } from "../../../schemas/messages/session-input.ts";
import type { ClientFrame, MessageFrame } from "../../../schemas/wire/client-frame.ts";
import { toParleyError } from "../../http/error-shape.ts";
import type { Services } from "../../services.ts";
import { acceptedFromState } from "../../submit/accepted-frame.ts";
import type { Overdue } from "../../submit/submit.ts";
import type { ChatSocket } from "./chat-socket.ts";

type Deps = Pick<Services, "attachments" | "edge" | "log" | "submit">;
type Frame = ClientFrame & { type: "message" | "regenerate" };

/** Frames that become messages of a session: `message` and `regenerate`, and recognised speech. */
export class MessageFrames {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Submits the message of a frame, after all earlier ones of its session. */
  take(socket: ChatSocket, session: string, frame: Frame): void {
    if (frame.type === "message") {
      this.#inOrder(socket, this.#input(socket, session, frame));
      return;
    }
    const { message_id: regenerates } = frame;
    const request: MessageFrame = { ...frame, type: "message", mode: "text", content: "", attachments: [] };
    this.#inOrder(socket, { ...this.#input(socket, session, request), regenerates });
  }

  /** Submits recognised speech at the position reserved during recognition. */
  spoken(socket: ChatSocket, session: string, frame: Omit<MessageFrame, "type" | "attachments">): void {
    const message: MessageFrame = { ...frame, type: "message", attachments: [] };
    void this.#submit(socket, this.#input(socket, session, message));
  }

  /** Submits at once if no attachment needs a lookup, else afterwards; the order of arrival is kept. */
  #inOrder(socket: ChatSocket, input: SessionInput): void {
    const { attachments } = this.#deps;
    const { session, client_msg_id } = input;
    const refuse = (cause: unknown) => this.#refuse(socket, input, cause);
    if (socket.order.full) {
      refuse(new ParleyError("rate_limited"));
      return;
    }
    if (attachments.areReady(input.attachments)) {
      socket.order.run(session, () => void this.#submit(socket, input));
      return;
    }
    const of = { principal: socket.principal, session, clientMsgId: client_msg_id };
    const ready = attachments.resolve(input.attachments, of).then(
      (resolved) => () => void this.#submit(socket, { ...input, attachments: resolved }),
      (cause: unknown) => () => refuse(cause),
    );
    socket.order.run(session, ready);
  }

  async #submit(socket: ChatSocket, input: SessionInput): Promise<void> {
    const result = await this.#deps.submit.message(input, (late) => this.#overdue(socket, input, late));
    if (result.kind === "duplicate") socket.answer(acceptedFromState(input, result.state, true));
    if (result.kind === "refused") this.#refuse(socket, input, result.error);
  }

  #overdue(socket: ChatSocket, input: SessionInput, { state }: Overdue): void {
    if (state !== undefined) {
      // An owner that has not read the message yet will do so: it is in the log.
      const status = state.status === "unknown" ? "queued" : state.status;
      socket.answer(acceptedFromState(input, { ...state, status }, false));
      return;
    }
    this.#refuse(
      socket,
      input,
      new ParleyError("service_unavailable", {
        hint: "消息已保存，稍后会被处理；可用相同的 client_msg_id 重新发送",
      }),
    );
  }

  #refuse(socket: ChatSocket, { user, session, client_msg_id }: SessionInput, cause: unknown): void {
    const error = toParleyError(cause);
    if (error.errorType === "internal_error")
      this.#deps.log.error({ err: cause, user, session, client_msg_id }, "message submit failed");
    socket.refuse(error, { session_id: session, client_msg_id });
  }

  #input(socket: ChatSocket, session: string, frame: MessageFrame): SessionInput {
    const { client_msg_id, content, mode, model, attachments } = frame;
    const { client_id, device_name, user_agent } = frame;
    return newSessionInput({
      user: socket.user,
      session,
      client_msg_id,
      content,
      mode,
      model,
      attachments,
      client_info: {
        ...socket.clientInfo,
        ...(client_id !== undefined && { client_id }),
        ...(device_name !== undefined && { device_name }),
        ...(user_agent !== undefined && { user_agent }),
      },
      origin: { edge: this.#deps.edge, socket: socket.id },
      surface: "chat",
    });
  }
}
