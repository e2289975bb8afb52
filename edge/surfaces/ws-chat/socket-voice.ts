import { ParleyError } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import type { Principal } from "../../../schemas/principal.ts";
import type { ClientFrame, SpeechFrame } from "../../../schemas/wire/client-frame.ts";
import type { DirectFrame } from "../../../schemas/wire/direct-frame.ts";
import { callerOf } from "../../admission/admission.ts";
import { toParleyError } from "../../http/error-shape.ts";
import { SpokenStreamClient, type VoiceServices } from "./spoken-stream-client.ts";

/** Recognised speech, for the session in which it is answered. */
export interface Utterance {
  session: string;
  frame: SpeechFrame;
  /** Id of the resulting message; the frame tells whether the client chose it. */
  clientMsgId: string;
}

/** The socket of a speaking user. */
interface Answering {
  readonly principal: Principal;
  answer(frame: DirectFrame): void;
  refuse(error: ParleyError, of: { session_id: string; client_msg_id: string; message_id: string }): void;
}

interface Open extends Utterance {
  stream: SpokenStreamClient;
}

/**
 * Speech of one socket: one stream at a time, and utterances in recognition. They become messages in the
 * order in which they ended.
 */
export class SocketVoice {
  readonly #services: VoiceServices;
  readonly #socket: Answering;
  readonly #enter: (utterance: Utterance, text: string) => void;
  /** The open stream; `failed` until the client learns of it by starting or ending one. */
  #open: Open | "failed" | undefined;
  #last: Promise<void> = Promise.resolve();
  #pending = 0;

  /** `enter` submits recognised speech to its session's log. */
  constructor(
    services: VoiceServices,
    socket: Answering,
    enter: (utterance: Utterance, text: string) => void,
  ) {
    this.#services = services;
    this.#socket = socket;
    this.#enter = enter;
  }

  /** Opens a stream; answered by an empty interim result. @throws ParleyError `conflict`, `rate_limited` */
  start(session: string, frame: SpeechFrame): void {
    if (this.#open !== undefined && this.#open !== "failed") {
      throw new ParleyError("conflict", {
        error: "已有进行中的语音流",
        hint: "先发送 voice_stream_end 结束当前语音流",
      });
    }
    this.#checkPending();
    const utterance = utteranceOf(session, frame);
    const stream = new SpokenStreamClient(
      this.#services,
      { ...how(frame), interims: true },
      {
        opened: () => this.#tell("voice_interim", open, ""),
        interim: (text) => this.#tell("voice_interim", open, text),
        full: () => this.#full(open),
        idle: () => this.#idle(open),
      },
    );
    const open: Open = { ...utterance, stream };
    this.#open = open;
    stream.heard.catch((err: unknown) => {
      if (this.#open === open) this.#open = "failed";
      this.#refuse(open, err);
    });
  }

  /** Forwards a chunk of the open stream. @throws ParleyError `invalid_message`, `payload_too_large` */
  chunk({ audio_data, sequence }: ClientFrame & { type: "voice_stream_chunk" }): void {
    // The stream has failed; its sender is notified at most once.
    if (this.#open === "failed") return;
    if (this.#open === undefined) throw noStream();
    const audio = base64Of(audio_data);
    checkSize((audio.length * 3) / 4, this.#services.settings.limits.voiceChunkBytes);
    this.#open.stream.chunk(audio, sequence);
  }

  /** Ends the open stream: its text follows. @throws ParleyError `invalid_message` */
  end(): void {
    const open = this.#open;
    if (open === undefined) throw noStream();
    this.#open = undefined;
    if (open === "failed") return;
    open.stream.end();
    this.#follow(open, "voice_final");
  }

  /**
   * Recognises a whole recording.
   * @throws ParleyError `invalid_message`, `payload_too_large`, `rate_limited`
   */
  whole(session: string, frame: SpeechFrame & { type: "voice_input" }): void {
    this.#checkPending();
    const { admission, settings } = this.#services;
    const { holder } = callerOf(this.#socket.principal);
    const bytes = Buffer.from(base64Of(frame.audio_data), "base64");
    checkSize(bytes.length, settings.limits.voiceInputBytes);
    if (!admission.audio.take(holder, bytes.length)) throw new ParleyError("rate_limited");
    const nothing = () => {};
    const listener = { opened: nothing, interim: nothing, full: nothing, idle: nothing };
    const stream = new SpokenStreamClient(this.#services, { ...how(frame), interims: false }, listener);
    // Don't retain the audio while waiting for its text.
    const { audio_data: _, ...rest } = frame;
    const utterance = { ...utteranceOf(session, { ...rest, audio_data: "" }), stream };
    void stream.whole(bytes).finally(() => admission.audio.give(holder, bytes.length));
    stream.heard.catch((err: unknown) => this.#refuse(utterance, err));
    this.#follow(utterance, "voice_transcript");
  }

  /** The connection has closed: an open stream is cancelled; utterances that have ended become messages. */
  close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined && open !== "failed") open.stream.drop();
  }

  #full(open: Open): void {
    if (this.#open !== open) return;
    this.#open = "failed";
    open.stream.ended();
    this.#refuse(
      open,
      new ParleyError("payload_too_large", { error: "语音流已达上限", hint: "已按结束处理" }),
    );
    this.#follow(open, "voice_final");
  }

  /** As if the client had ended it; its further chunks are ignored. */
  #idle(open: Open): void {
    if (this.#open !== open) return;
    this.#open = "failed";
    open.stream.ended();
    this.#follow(open, "voice_final");
  }

  #follow(open: Open, type: "voice_final" | "voice_transcript"): void {
    this.#pending += 1;
    this.#last = this.#last
      .then(() => open.stream.heard)
      .then((text) => {
        this.#tell(type, open, text);
        if (text !== "") this.#enter(open, text);
      })
      // The sender was notified when it failed.
      .catch(() => {})
      .finally(() => {
        this.#pending -= 1;
      });
  }

  #checkPending(): void {
    if (this.#pending >= this.#services.settings.limits.voiceInputs) throw new ParleyError("rate_limited");
  }

  #tell(type: "voice_interim" | "voice_final" | "voice_transcript", open: Open, text: string): void {
    const { session, clientMsgId, stream } = open;
    const ids = { message_id: stream.id, session_id: session, client_msg_id: clientMsgId };
    this.#socket.answer({ type, ...ids, text, timestamp: Date.now() });
  }

  #refuse({ session, clientMsgId, stream }: Open, err: unknown): void {
    const ids = { session_id: session, client_msg_id: clientMsgId, message_id: stream.id };
    this.#socket.refuse(toParleyError(err), ids);
  }
}

function utteranceOf(session: string, frame: SpeechFrame): Utterance {
  return { session, frame, clientMsgId: frame.client_msg_id ?? newId("c_", 16) };
}

function how({ format, language }: SpeechFrame) {
  return { format, language };
}

function noStream(): ParleyError {
  return new ParleyError("invalid_message", {
    error: "没有进行中的语音流",
    hint: "先发送 voice_stream_start",
  });
}

function checkSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new ParleyError("payload_too_large", {
    error: "音频过大",
    hint: `audio_data 不得超过 ${Math.floor(maxBytes / 1024)} KiB`,
  });
}

/** Reads a field's base64; also as a data URI, which is what browsers produce. */
function base64Of(text: string): string {
  const data = text.startsWith("data:") ? text.slice(text.indexOf(",") + 1) : text;
  if (data === "" || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) {
    throw new ParleyError("invalid_message", { error: "消息格式无效: audio_data 不是有效的 base64" });
  }
  return data;
}
