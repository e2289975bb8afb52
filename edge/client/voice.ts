import type { Frame, Mode } from "./frames.ts";
import { randomId } from "./frames.ts";
import { RequestError } from "./request-error.ts";

/** Options of recognition and reply. */
export interface VoiceOptions {
  /** Container of the audio; `pcm` is 16 kHz, mono, 16 bit, little-endian. */
  format?: "webm" | "wav" | "pcm" | "opus" | "ogg" | "mp3" | "flac" | "mp4" | "m4a";
  /** ISO 639-1 code, or `auto`. */
  language?: string;
  mode?: Mode;
  model?: string;
  /** Called with interim text. */
  onInterim?: (text: string) => void;
}

/** The recognised text; the resulting message has this `client_msg_id`. Empty without speech. */
export interface Heard {
  text: string;
  client_msg_id: string;
}

/** Dependencies of a speech stream. */
export interface VoiceLink {
  send(frame: object): boolean;
  readonly buffered: number;
  /** Calls `listener` with each frame; returns an unsubscribe function. */
  listen(listener: (frame: Frame) => void): () => void;
  /** Calls `listener` when the connection is lost; returns an unsubscribe function. */
  onCut(listener: () => void): () => void;
}

const bufferedBytes = 256 * 1024;
const pauseMs = 20;

/** Streams speech to the server. @throws RequestError when the connection is lost or recognition fails */
export async function speak(
  link: VoiceLink,
  sessionId: string,
  audio: AsyncIterable<Uint8Array>,
  { format = "webm", language = "auto", mode = "voice_msg", model, onInterim }: VoiceOptions,
): Promise<Heard> {
  const client_msg_id = randomId("c_");
  const ends: (() => void)[] = [];
  const heard = new Promise<Heard>((resolve, reject) => {
    ends.push(link.onCut(() => reject(RequestError.unreachable(undefined))));
    ends.push(
      link.listen((frame) => {
        if (!("client_msg_id" in frame) || frame.client_msg_id !== client_msg_id) return;
        if (frame.type === "voice_interim" && frame.text !== "") onInterim?.(frame.text);
        if (frame.type === "voice_final") resolve({ text: frame.text, client_msg_id });
        if (frame.type === "error") reject(new RequestError(frame.error, { status: 400, ...frame }));
      }),
    );
  });
  // It may fail while audio is still being read; the loop below then ends.
  let failed = false;
  heard.catch(() => {
    failed = true;
  });
  const send = (frame: object) => {
    if (!link.send(frame)) throw RequestError.unreachable(undefined);
  };
  try {
    const start = {
      type: "voice_stream_start",
      session_id: sessionId,
      client_msg_id,
      format,
      language,
      mode,
    };
    send({ ...start, ...(model !== undefined && { model }) });
    let sequence = 0;
    for await (const chunk of audio) {
      if (failed) break;
      send({ type: "voice_stream_chunk", audio_data: base64(chunk), sequence: sequence++ });
      while (link.buffered > bufferedBytes && !failed)
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    if (!failed) send({ type: "voice_stream_end" });
    return await heard;
  } finally {
    for (const end of ends) end();
  }
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8_192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
}
