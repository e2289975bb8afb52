import { z } from "zod";
import { filePartSchema } from "../wire/file-part.ts";
import { speechRequestSchema, transcriptionRequestSchema } from "../wire/openai-audio.ts";
import {
  engineStatusSchema,
  speechKeySchema,
  speedSchema,
  spokenLanguageSchema,
  voiceSchema,
} from "../wire/voice.ts";
import { defineRoute, fileAnswerSchema } from "./route.ts";

const area = "voice";
const access = "user";

/** `POST /api/v1/voice/transcribe`. */
export const transcribe = defineRoute({
  method: "post",
  path: "/api/v1/voice/transcribe",
  access,
  area,
  name: "transcribe",
  summary: "What is said in a recording (PCM, WAV, MP3, Ogg, FLAC or WebM)",
  body: z.object({
    audio: filePartSchema.describe("The recording."),
    language: spokenLanguageSchema.describe("Language as a BCP 47 code, or `auto`."),
  }),
  multipart: { files: ["audio"], maxBytes: "voiceUploadBytes", bucket: "bulk" },
  answer: z.object({
    success: z.literal(true).describe("Always true; failures are errors."),
    text: z.string().describe("The text."),
  }),
  patience: "voiceAnswerMs",
});

/** `POST /api/v1/voice/tts`: the answer is the audio. */
export const speak = defineRoute({
  method: "post",
  path: "/api/v1/voice/tts",
  access,
  area,
  name: "tts",
  summary: "Speak a text; the answer is an audio file",
  body: z.object({
    text: z.string().trim().min(1, "must not be empty").max(4_096).describe("The text."),
    voice: z.string().max(128).nullish().describe("Id of the voice."),
    speed: speedSchema.nullish().describe("Speed of speech; 1 = normal."),
    format: z.enum(["wav", "mp3"]).nullish().describe("Format of the audio or image."),
  }),
  answer: fileAnswerSchema,
  file: true,
  patience: "voiceSpokenMs",
});

/** `GET /api/v1/voice/tts/voices`. */
export const listVoices = defineRoute({
  method: "get",
  path: "/api/v1/voice/tts/voices",
  access,
  area,
  name: "voices",
  summary: "Voices that can be chosen",
  answer: z.object({ voices: z.array(voiceSchema).describe("The voices.") }),
});

/** `GET /api/v1/voice/tts/status`. */
export const speechStatus = defineRoute({
  method: "get",
  path: "/api/v1/voice/tts/status",
  access,
  area,
  name: "tts_status",
  summary: "Whether texts can be spoken, and by what",
  answer: engineStatusSchema,
});

/** `GET /api/v1/voice/status`. */
export const voiceStatus = defineRoute({
  method: "get",
  path: "/api/v1/voice/status",
  access,
  area,
  name: "status",
  summary: "Whether speech can be heard and spoken, and by what",
  answer: z.object({
    stt: engineStatusSchema.describe("Speech recognition."),
    tts: engineStatusSchema.describe("Speech synthesis."),
  }),
});

/** `GET /api/v1/voice/audio/:key`: who was given the key may listen, so that any player can. */
export const spokenAudio = defineRoute({
  method: "get",
  path: "/api/v1/voice/audio/:key",
  access: "public",
  area,
  name: "audio",
  summary: "A spoken text",
  params: z.object({ key: speechKeySchema.describe("The API key.") }),
  answer: fileAnswerSchema,
  file: true,
});

/** `POST /v1/audio/speech`: the answer is the audio. */
export const openaiSpeech = defineRoute({
  method: "post",
  path: "/v1/audio/speech",
  access,
  area,
  name: "openai_speech",
  summary: "Speak a text, as OpenAI's API does",
  body: speechRequestSchema,
  answer: fileAnswerSchema,
  file: true,
  errors: "openai",
  patience: "voiceSpokenMs",
});

/** `POST /v1/audio/transcriptions`: the answer is JSON or text, by `response_format`. */
export const openaiTranscription = defineRoute({
  method: "post",
  path: "/v1/audio/transcriptions",
  access,
  area,
  name: "openai_transcription",
  summary: "What is said in a recording, as OpenAI's API does",
  body: transcriptionRequestSchema,
  multipart: { files: ["file"], maxBytes: "voiceUploadBytes", bucket: "bulk" },
  answer: fileAnswerSchema,
  file: true,
  errors: "openai",
  patience: "voiceAnswerMs",
});
