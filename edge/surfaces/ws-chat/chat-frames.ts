import { ParleyError } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import type { MessageState, SessionInput } from "../../../schemas/messages/session-input.ts";
import { sessionMessages } from "../../../schemas/routes/sessions.ts";
import {
  type ClientFrame,
  clientFrameSchema,
  type MessageFrame,
} from "../../../schemas/wire/client-frame.ts";
import { toParleyError } from "../../http/error-shape.ts";
import type { Services } from "../../services.ts";
import type { ChatSocket } from "./chat-socket.ts";
import { parseFrame } from "./frame-text.ts";
import { AudioInFlight, SocketVoice, type Utterance } from "./socket-voice.ts";

/** Does what the frames of `/ws/chat` clients ask for. */
export class ChatFrames {
  readonly #services: Services;
  readonly #audio = new AudioInFlight();

  constructor(services: Services) {
    this.#services = services;
  }

  /** Takes one frame; undefined = a binary one. What is wrong with it is answered, and the socket stays open. */
  take(socket: ChatSocket, text: string | undefined): void {
    let frame: ClientFrame;
    try {
      frame = parseFrame(text, clientFrameSchema);
    } catch (err) {
      this.#bad(socket, toParleyError(err));
      return;
    }
    socket.bad = 0;
    this.#services.metrics.framesIn.inc({ type: frame.type });
    this.#dispatch(socket, frame);
  }

  #dispatch(socket: ChatSocket, frame: ClientFrame): void {
    const session = frame.session_id ?? socket.session;
    switch (frame.type) {
      case "message":
        this.#message(socket, session, frame);
        return;
      case "ping":
        socket.answer({ type: "pong", timestamp: Date.now() });
        return;
      case "history":
        this.#request(socket, session, () => this.#history(socket, session, frame));
        return;
      case "stop":
        this.#request(socket, session, () => this.#stop(socket, session, frame.message_id));
        return;
      case "regenerate":
        this.#inOrder(socket, {
          ...this.#input(socket, session, asMessage(frame)),
          regenerates: frame.message_id,
        });
        return;
      case "voice_input":
        this.#voice(socket, session, frame, (voice) => voice.whole(session, frame));
        return;
      case "voice_stream_start":
        this.#voice(socket, session, frame, (voice) => voice.start(session, frame));
        return;
      case "voice_stream_chunk":
        this.#voice(socket, session, {}, (voice) => voice.chunk(frame));
        return;
      case "voice_stream_end":
        this.#voice(socket, session, {}, (voice) => voice.end());
        return;
      case "voice_interrupt":
        this.#request(socket, session, () => this.#interrupt(socket, session, frame));
        return;
      case "segment_played":
        this.#services.owner.played(socket.user, session, frame.message_id, frame.index);
        return;
      default:
        frame satisfies never;
    }
  }

  #bad(socket: ChatSocket, error: ParleyError): void {
    socket.refuse(error);
    socket.bad += 1;
    if (socket.bad > this.#services.settings.limits.socketBadFrames) socket.end("too_many_errors");
  }

  #message(socket: ChatSocket, session: string, frame: MessageFrame): void {
    if (frame.content === "" && frame.attachments.length === 0) {
      this.#bad(socket, new ParleyError("invalid_message", { error: "消息格式无效: content 不能为空" }));
      return;
    }
    this.#inOrder(socket, this.#input(socket, session, frame));
  }

  /** At once where nothing has to be looked up, else when that is done; the order in which they came holds. */
  #inOrder(socket: ChatSocket, input: SessionInput): void {
    const { attachments } = this.#services;
    const { session, client_msg_id } = input;
    const refuse = (cause: unknown) => this.#refuse(socket, input, cause);
    if (socket.order.full) {
      refuse(new ParleyError("rate_limited"));
      return;
    }
    if (attachments.areReady(input.attachments)) {
      socket.order.run(session, () => this.#enter(socket, input));
      return;
    }
    const of = { principal: socket.principal, session, clientMsgId: client_msg_id };
    const ready = attachments.resolve(input.attachments, of).then(
      (resolved) => () => this.#enter(socket, { ...input, attachments: resolved }),
      (cause: unknown) => () => refuse(cause),
    );
    socket.order.run(session, ready);
  }

  #refuse(socket: ChatSocket, { session, client_msg_id }: SessionInput, cause: unknown): void {
    const error = toParleyError(cause);
    if (error.errorType === "internal_error")
      this.#services.log.error({ err: cause }, "message not accepted");
    socket.refuse(error, { session_id: session, client_msg_id });
  }

  #voice(
    socket: ChatSocket,
    session: string,
    { client_msg_id }: { client_msg_id?: string | undefined },
    act: (voice: SocketVoice) => void,
  ): void {
    socket.voice ??= new SocketVoice(this.#services, socket, this.#audio, (utterance, text) =>
      this.#enter(socket, this.#spoken(socket, utterance, text)),
    );
    try {
      act(socket.voice);
    } catch (err) {
      const error = toParleyError(err);
      socket.refuse(error, { session_id: session, ...(client_msg_id !== undefined && { client_msg_id }) });
    }
  }

  /** What was understood goes the way of a message. */
  #spoken(socket: ChatSocket, { session, frame, clientMsgId }: Utterance, text: string): SessionInput {
    const message: MessageFrame = { ...frame, type: "message", content: text, attachments: [] };
    return { ...this.#input(socket, session, message), client_msg_id: clientMsgId };
  }

  /** Puts it into its session's log; its sender hears what became of it in any case. */
  #enter(socket: ChatSocket, input: SessionInput): void {
    const { user, session, client_msg_id } = input;
    const { confirmations, ingress } = this.#services;
    // Before the message leaves, since its echo may be here before the acknowledgement.
    confirmations.await(user, session, client_msg_id, () => void this.#overdue(socket, input));
    ingress.accept(input).then(
      (state) => {
        if (state === undefined) return;
        confirmations.done(user, session, client_msg_id);
        this.#accepted(socket, input, state, true);
      },
      (cause: unknown) => {
        confirmations.done(user, session, client_msg_id);
        this.#refuse(socket, input, cause);
      },
    );
  }

  #input(socket: ChatSocket, session: string, frame: MessageFrame): SessionInput {
    const { client_id, device_name, user_agent } = frame;
    return {
      kind: "message",
      user: socket.user,
      session,
      client_msg_id: frame.client_msg_id ?? newId("c_", 16),
      client_given: frame.client_msg_id !== undefined,
      message_id: newId("msg_", 16),
      reply_id: newId("msg_", 16),
      content: frame.content,
      mode: frame.mode,
      model: frame.model,
      attachments: frame.attachments,
      client_info: {
        ...socket.clientInfo,
        ...(client_id !== undefined && { client_id }),
        ...(device_name !== undefined && { device_name }),
        ...(user_agent !== undefined && { user_agent }),
      },
      origin: { edge: this.#services.edge, socket: socket.id },
      surface: "chat",
      at: Date.now(),
    };
  }

  /** No owner has taken the message: it is stored, and somebody will; the client learns what is known. */
  async #overdue(socket: ChatSocket, input: SessionInput): Promise<void> {
    const { user, session, client_msg_id } = input;
    const state = await this.#services.owner.state(user, session, client_msg_id);
    if (state !== undefined && state.status !== "unknown") {
      return this.#accepted(socket, input, state, false);
    }
    const error = new ParleyError("service_unavailable", {
      hint: "消息已保存，稍后会被处理；可用相同的 client_msg_id 重新发送",
    });
    socket.refuse(error, { session_id: session, client_msg_id });
  }

  #accepted(socket: ChatSocket, input: SessionInput, state: MessageState, duplicate: boolean): void {
    const { status, queue_position, text } = state;
    socket.answer({
      type: "accepted",
      client_msg_id: input.client_msg_id,
      message_id: state.message_id ?? input.message_id,
      session_id: input.session,
      ...(duplicate && { duplicate }),
      status,
      queue_position,
      text,
      timestamp: Date.now(),
    });
  }

  #request(socket: ChatSocket, session: string, work: () => Promise<void>): void {
    const answered = () =>
      work().catch((cause: unknown) => socket.refuse(toParleyError(cause), { session_id: session }));
    if (!socket.requests.run(answered))
      socket.refuse(new ParleyError("rate_limited"), { session_id: session });
  }

  async #history(
    socket: ChatSocket,
    session: string,
    { limit, before }: ClientFrame & { type: "history" },
  ): Promise<void> {
    const query = { user_id: socket.user, limit, offset: 0, before };
    const request = { principal: socket.principal, ip: "", params: { id: session }, query, body: {} };
    const answer = await this.#services.rest.ask(sessionMessages, request);
    // A session begins with its first message: before that its history is empty, not missing.
    const body = answer.status === 404 ? { messages: [], has_more: false } : answer.body;
    if (answer.status >= 400 && answer.status !== 404) {
      const { error, errorType, hint } = answer.body as { error: string; errorType?: string; hint?: string };
      return socket.answer({
        type: "error",
        error,
        errorType: errorType ?? "service_unavailable",
        hint,
        session_id: session,
        timestamp: Date.now(),
      });
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

  async #interrupt(
    socket: ChatSocket,
    session: string,
    { message_id, heard_index, heard_ms }: ClientFrame & { type: "voice_interrupt" },
  ): Promise<void> {
    const heard = { message_id, heard_index, heard_ms };
    const answer = await this.#services.owner.interrupt(socket.user, session, heard);
    if (answer === undefined) throw new ParleyError("service_unavailable");
    if (!answer.stopped) throw new ParleyError("turn_not_found");
  }

  async #stop(socket: ChatSocket, session: string, messageId: string | undefined): Promise<void> {
    const answer = await this.#services.owner.stop(socket.user, session, messageId);
    if (answer === undefined) throw new ParleyError("service_unavailable");
    if (!answer.stopped) throw new ParleyError("turn_not_found");
  }
}

/** A request for another reply goes the way of a message, in its place in the queue. */
function asMessage(frame: Extract<ClientFrame, { type: "regenerate" }>): MessageFrame {
  return { ...frame, type: "message", mode: "text", content: "", attachments: [] };
}
