/** A microphone's sound as pieces of a WebM or MP4 recording. */
export interface Recording {
  format: "webm" | "mp4";
  audio: AsyncIterable<Uint8Array>;
  stop(): void;
}

const pieceMs = 200;

/** Opens the microphone. @throws DOMException `NotFoundError` without one, `NotAllowedError` without leave */
export async function record(): Promise<Recording> {
  const sound = { echoCancellation: true, noiseSuppression: true, channelCount: 1 };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: sound });
  const format = MediaRecorder.isTypeSupported("audio/webm;codecs=opus") ? "webm" : "mp4";
  const recorder = new MediaRecorder(stream, { mimeType: `audio/${format}` });
  const pieces: Blob[] = [];
  let wake = () => {};
  let ended = false;
  recorder.ondataavailable = ({ data }) => {
    if (data.size > 0) pieces.push(data);
    wake();
  };
  recorder.onstop = () => {
    ended = true;
    for (const track of stream.getTracks()) track.stop();
    wake();
  };
  recorder.start(pieceMs);
  async function* audio() {
    for (;;) {
      const piece = pieces.shift();
      if (piece !== undefined) yield new Uint8Array(await piece.arrayBuffer());
      else if (ended) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  return { format, audio: audio(), stop: () => recorder.state !== "inactive" && recorder.stop() };
}
