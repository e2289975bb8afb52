import { ParleyError } from "../../schemas/errors.ts";
import { subjects, voiceQueueGroup } from "../../schemas/messages/subjects.ts";
import { type SpeakRequest, type Spoken, speakRequestSchema } from "../../schemas/messages/voice-stream.ts";
import type { ActorContext } from "../actor-context.ts";
import { decodeAudio } from "./codec/decode.ts";
import { SpokenStreams } from "./stream/spoken-streams.ts";
import type { VoiceParts } from "./stream/voice-parts.ts";

/** Listens to those who speak on `/ws/chat`, and speaks the sentences of replies. */
export function startVoiceFrames(context: ActorContext, { engines, codec, speech }: VoiceParts): void {
  const streams = new SpokenStreams(context, {
    hears: () => engines.status().stt.available,
    transcribe: (pcm, options) => engines.transcribe(pcm, options),
    decode: (bytes, signal, hint) =>
      decodeAudio(codec, bytes, context.settings.limits, { bare: hint === "pcm", signal }),
  });
  streams.serve();
  context.lifecycle.onStop("voice streams", () => streams.stop());
  serveSpeech(context, speech);
}

function serveSpeech({ nc, log, settings }: ActorContext, speech: VoiceParts["speech"]): void {
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
