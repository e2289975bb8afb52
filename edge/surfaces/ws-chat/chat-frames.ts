import { ParleyError } from "../../../schemas/errors.ts";
import { type ClientFrame, clientFrameSchema } from "../../../schemas/wire/client-frame.ts";
import { toParleyError } from "../../http/error-shape.ts";
import type { Services } from "../../services.ts";
import type { ChatSocket } from "./chat-socket.ts";
import { parseFrame } from "./frame-text.ts";
import { MessageFrames } from "./message-frames.ts";
import { RequestFrames } from "./request-frames.ts";
import { RouteFrames } from "./route-frames.ts";
import { VoiceFrames } from "./voice-frames.ts";

/**
 * Parses the frames of `/ws/chat` clients and dispatches each to its family:
 * - messages: appended to a session's log, in order of arrival;
 * - voice: speech, which becomes a message once recognised;
 * - requests: answered by an actor to this socket alone, a few concurrently;
 * - routes: operations that REST also offers.
 */
export class ChatFrames {
  readonly #services: Services;
  readonly #messages: MessageFrames;
  readonly #voice: VoiceFrames;
  readonly #requests: RequestFrames;
  readonly #routes: RouteFrames;

  constructor(services: Services) {
    this.#services = services;
    this.#messages = new MessageFrames(services);
    this.#voice = new VoiceFrames(services, this.#messages);
    this.#requests = new RequestFrames(services);
    this.#routes = new RouteFrames(services);
  }

  /**
   * Handles one frame; undefined = a binary one. An invalid frame is answered with an error, and the socket
   * stays open.
   */
  take(socket: ChatSocket, text: string | undefined): void {
    let frame: ClientFrame;
    try {
      frame = parseFrame(text, clientFrameSchema);
    } catch (err) {
      this.#invalid(socket, toParleyError(err));
      return;
    }
    if (frame.type === "message" && frame.content === "" && frame.attachments.length === 0) {
      this.#invalid(socket, new ParleyError("invalid_message", { error: "消息格式无效: content 不能为空" }));
      return;
    }
    socket.bad = 0;
    this.#services.metrics.framesIn.inc({ type: frame.type });
    this.#dispatch(socket, frame.session_id ?? socket.session, frame);
  }

  #dispatch(socket: ChatSocket, session: string, frame: ClientFrame): void {
    switch (frame.type) {
      case "message":
      case "regenerate":
        this.#messages.take(socket, session, frame);
        return;
      case "voice_input":
      case "voice_stream_start":
      case "voice_stream_chunk":
      case "voice_stream_end":
        this.#voice.take(socket, session, frame);
        return;
      case "ping":
      case "history":
      case "stop":
      case "voice_interrupt":
      case "segment_played":
        this.#requests.take(socket, session, frame);
        return;
      case "queue":
      case "queue_cancel":
      case "queue_edit":
      case "queue_move":
      case "approve":
        this.#routes.take(socket, session, frame);
        return;
      default:
        frame satisfies never;
    }
  }

  #invalid(socket: ChatSocket, error: ParleyError): void {
    socket.refuse(error);
    socket.bad += 1;
    if (socket.bad > this.#services.settings.limits.socketBadFrames) socket.end("too_many_errors");
  }
}
