import { ParleyError } from "../../schemas/errors.ts";
import { voiceSpeak } from "../../schemas/messages/voice.ts";
import type { SpeakRequest, Spoken } from "../../schemas/messages/voice-stream.ts";
import type { ActorContext } from "../actor-context.ts";
import { decodeAudio } from "./codec/decode.ts";
import { SpokenStreams } from "./stream/spoken-streams.ts";
import type { VoiceParts } from "./stream/voice-parts.ts";

/** Serves speech recognition for `/ws/chat`, and synthesis of reply sentences. */
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

function serveSpeech({ bus, log, settings }: ActorContext, speech: VoiceParts["speech"]): void {
  const speak = (request: SpeakRequest): Promise<Spoken> =>
    "join" in request
      ? speech.join(request.join)
      : speech.speak(
          { text: request.text, format: "mp3" },
          AbortSignal.timeout(settings.limits.voiceSentenceMs),
        );
  bus.serve(voiceSpeak, async (request) => {
    try {
      return await speak(request);
    } catch (err) {
      log.warn({ err }, "speech synthesis failed");
      throw err instanceof ParleyError ? err : new ParleyError("voice_service_unreachable", { cause: err });
    }
  });
}
