import { ParleyError } from "../../schemas/errors.ts";
import { subjects, voiceQueueGroup } from "../../schemas/subjects.ts";
import { type SpeakRequest, type Spoken, speakRequestSchema } from "../../schemas/voice-stream.ts";
import type { ActorContext } from "../actor-context.ts";
import type { Transcribe } from "./speech-reader.ts";
import { type Decode, VoiceStreams } from "./voice-streams.ts";

/** What the frames of `/ws/chat` need of a voice process. */
export interface FrameParts {
  engines: { transcribe: Transcribe };
  decode: Decode;
  speech: {
    speak(wish: { text: string; format: "mp3" }, signal: AbortSignal): Promise<Spoken>;
    join(parts: readonly Spoken[]): Promise<Spoken>;
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
  const speak = (request: SpeakRequest): Promise<Spoken> =>
    "join" in request
      ? speech.join(request.join)
      : speech.speak(
          { text: request.text, format: "mp3" },
          AbortSignal.timeout(settings.limits.voiceSentenceMs),
        );
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
