import { ParleyError } from "../../schemas/errors.ts";
import { subjects, voiceQueueGroup } from "../../schemas/subjects.ts";
import { type SpeakRequest, type Spoken, speakRequestSchema } from "../../schemas/voice-stream.ts";
import type { ActorContext } from "../actor-context.ts";
import type { Transcribe } from "./speech-reader.ts";
import { type Decode, VoiceStreams } from "./voice-streams.ts";

/** A piece of audio in the speech cache. */
interface Kept {
  key: string;
  url: string;
  duration_ms: number;
}

/** What the frames of `/ws/chat` need of a voice process. */
export interface FrameParts {
  engines: { transcribe: Transcribe };
  decode: Decode;
  speech: {
    speak(options: { text: string; format: "wav" | "mp3"; signal: AbortSignal }): Promise<Kept>;
    concat(keys: string[]): Promise<Kept>;
  };
}

/** Listens to those who speak on `/ws/chat`, and speaks the sentences of replies. */
export function startVoiceFrames(context: ActorContext, { engines, decode, speech }: FrameParts): void {
  const streams = new VoiceStreams(context, (pcm, options) => engines.transcribe(pcm, options), decode);
  streams.serve();
  context.lifecycle.onStop("voice streams", () => streams.stop());
  serveSpeech(context, speech);
}

function serveSpeech({ nc, log, settings }: ActorContext, speech: FrameParts["speech"]): void {
  const speak = async (request: SpeakRequest): Promise<Spoken> => {
    const signal = AbortSignal.timeout(settings.limits.voiceSpeakMs);
    const { key, url, duration_ms } =
      "join" in request
        ? await speech.concat(request.join)
        : await speech.speak({ text: request.text, format: "mp3", signal });
    return { key, audio_url: url, duration_ms };
  };
  nc.subscribe(subjects.voiceSpeak, {
    queue: voiceQueueGroup,
    callback: (err, msg) => {
      if (err !== null) return;
      const request = speakRequestSchema.safeParse(msg.json());
      if (!request.success) {
        log.error({ err: request.error }, "request to speak has another form");
        return;
      }
      speak(request.data).then(
        (spoken) => msg.respond(JSON.stringify(spoken)),
        (cause: unknown) => {
          log.warn({ err: cause }, "sentence not spoken");
          const error = cause instanceof ParleyError ? cause : new ParleyError("voice_service_unreachable");
          msg.respond(JSON.stringify({ refused: error.body }));
        },
      );
    },
  });
}
