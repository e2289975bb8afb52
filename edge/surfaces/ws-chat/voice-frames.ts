import type { ClientFrame } from "../../../schemas/wire/client-frame.ts";
import { toParleyError } from "../../http/error-shape.ts";
import type { ChatSocket } from "./chat-socket.ts";
import type { MessageFrames } from "./message-frames.ts";
import { SocketVoice } from "./socket-voice.ts";
import type { VoiceServices } from "./spoken-stream-client.ts";

type Frame = ClientFrame & {
  type: "voice_input" | "voice_stream_start" | "voice_stream_chunk" | "voice_stream_end";
};

/** Frames of speech. Recognised speech becomes a message, in the order in which the utterances ended. */
export class VoiceFrames {
  readonly #services: VoiceServices;
  readonly #messages: Pick<MessageFrames, "spoken">;

  constructor(services: VoiceServices, messages: Pick<MessageFrames, "spoken">) {
    this.#services = services;
    this.#messages = messages;
  }

  /** Handles a frame; errors are sent to the socket. */
  take(socket: ChatSocket, session: string, frame: Frame): void {
    const clientMsgId = "client_msg_id" in frame ? frame.client_msg_id : undefined;
    try {
      this.#pass(this.#voiceOf(socket), session, frame);
    } catch (err) {
      socket.refuse(toParleyError(err), {
        session_id: session,
        ...(clientMsgId !== undefined && { client_msg_id: clientMsgId }),
      });
    }
  }

  #pass(voice: SocketVoice, session: string, frame: Frame): void {
    switch (frame.type) {
      case "voice_input":
        voice.whole(session, frame);
        return;
      case "voice_stream_start":
        voice.start(session, frame);
        return;
      case "voice_stream_chunk":
        voice.chunk(frame);
        return;
      case "voice_stream_end":
        voice.end();
        return;
      default:
        frame satisfies never;
    }
  }

  /** Created with the first frame of speech: most sockets never send one. */
  #voiceOf(socket: ChatSocket): SocketVoice {
    socket.voice ??= new SocketVoice(this.#services, socket, (utterance, content) => {
      const { session, frame, clientMsgId } = utterance;
      this.#messages.spoken(socket, session, { ...frame, content, client_msg_id: clientMsgId });
    });
    return socket.voice;
  }
}
