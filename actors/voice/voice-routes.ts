import { openBulkStore } from "../../infra/nats/bulk-store.ts";
import { objectBytes } from "../../infra/nats/object-reader.ts";
import { ParleyError } from "../../schemas/errors.ts";
import {
  listVoices,
  speak,
  speechStatus,
  spokenAudio,
  transcribe,
  voiceStatus,
} from "../../schemas/routes/voice.ts";
import type { FilePart } from "../../schemas/wire/file-part.ts";
import type { ActorContext } from "../actor-context.ts";
import { serveRoute } from "../requests/rest.ts";
import type { AudioFormat } from "./codec/codec-task.ts";
import { decodeAudio } from "./codec/decode.ts";
import { audioTypes } from "./codec/encode.ts";
import type { Pcm } from "./engines/engine.ts";
import { noEngine } from "./engines/engines.ts";
import type { VoiceParts } from "./stream/voice-parts.ts";

type RouteContext = Pick<ActorContext, "nc" | "bus" | "jsm" | "settings" | "log">;

/** Serves the speech routes. */
export function serveVoiceRoutes(context: RouteContext, voice: VoiceParts): void {
  const { engines, speech } = voice;
  serveRoute(context, transcribe, async ({ body: { audio, language }, deadline }) => {
    const signal = until(deadline);
    if (!engines.status().stt.available) throw noEngine();
    const pcm = await uploadedSpeech(context, voice, audio, signal);
    const { text } = await engines.transcribe(pcm, { language, signal });
    return { success: true as const, text };
  });
  serveRoute(context, speak, async ({ body: { text, voice: id, speed, format }, deadline }) => {
    const wanted = id ?? undefined;
    if (wanted !== undefined && !(await engines.voices()).some((one) => one.id === wanted))
      throw new ParleyError("invalid_request", {
        error: "请求参数错误: voice is not one of /voice/tts/voices",
      });
    const wish = { text, voice: wanted, speed: speed ?? undefined, format: format ?? ("mp3" as const) };
    return spokenFile((await speech.speak(wish, until(deadline))).key);
  });
  serveRoute(context, listVoices, async () => ({ voices: await engines.voices() }));
  // A status request usually precedes speech.
  const status = () => {
    engines.warm();
    return engines.status();
  };
  serveRoute(context, speechStatus, async () => status().tts);
  serveRoute(context, voiceStatus, async () => status());
  serveRoute(context, spokenAudio, async ({ params: { key } }) => {
    if (!(await speech.has(key))) throw new ParleyError("not_found");
    return spokenFile(key);
  });
}

/** The response with a spoken text. */
export function spokenFile(key: string) {
  const format = key.slice(key.lastIndexOf(".") + 1) as AudioFormat;
  const cache = "private, max-age=604800, immutable";
  return {
    filename: `speech.${format}`,
    type: audioTypes[format],
    bucket: "speech" as const,
    object: key,
    inline: true,
    cache,
  };
}

/** Speech from an uploaded file. @throws ParleyError `invalid_request` when it can't be decoded */
export async function uploadedSpeech(
  { nc, jsm, settings: { limits } }: Pick<ActorContext, "nc" | "bus" | "jsm" | "settings">,
  { codec }: VoiceParts,
  { object, type, filename }: FilePart,
  signal: AbortSignal,
): Promise<Pcm> {
  const bytes = await objectBytes(jsm, await openBulkStore(nc), object, limits.voiceUploadBytes);
  if (bytes === null) throw new ParleyError("internal_error");
  const bare = /^audio\/(pcm|l16|raw)$/.test(type) || /\.(pcm|raw)$/i.test(filename);
  return decodeAudio(codec, bytes, limits, { bare, signal });
}

/** A signal that aborts at the deadline of the request. */
export function until(deadline: number | undefined): AbortSignal {
  return deadline === undefined
    ? new AbortController().signal
    : AbortSignal.timeout(Math.max(0, deadline - Date.now()));
}
