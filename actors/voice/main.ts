import type { ActorContext } from "../actor-context.ts";
import { Codec } from "./codec/codec.ts";
import { VoiceEngines } from "./engines/engines.ts";
import { serveOpenAIAudio } from "./openai-routes.ts";
import { SpeechCache } from "./speech-cache.ts";
import type { VoiceParts } from "./stream/voice-parts.ts";
import { serveVoiceRoutes } from "./voice-routes.ts";
import { startVoiceFrames } from "./voice-service.ts";

/** Serves speech, in any number of processes. */
export function startVoice(context: ActorContext): void {
  const codec = new Codec(context.settings.limits);
  context.lifecycle.onStop("codec", () => codec.stop());
  const engines = new VoiceEngines(context, codec);
  const parts: VoiceParts = { engines, codec, speech: new SpeechCache(context, engines, codec) };
  serveVoiceRoutes(context, parts);
  serveOpenAIAudio(context, parts);
  startVoiceFrames(context, parts);
}
