import { defineRequest } from "./define.ts";
import {
  speakRequestSchema,
  spokenSchema,
  voicePartTakenSchema,
  voiceStreamOpenedSchema,
  voiceStreamPartSchema,
  voiceStreamStartSchema,
} from "./voice-stream.ts";

export const voiceStart = defineRequest({
  name: "voice.stream.start",
  doc: "Asks any voice process to listen to an utterance; its parts go to the stream that the answer names.",
  subject: "voice.stream.start",
  message: voiceStreamStartSchema,
  answer: voiceStreamOpenedSchema,
  queue: "voice",
  timeout: "voiceStreamAnswerMs",
  publishers: ["edge"],
  listeners: ["voice"],
});

export const voicePart = defineRequest({
  name: "voice.stream.of",
  doc: "A part of an utterance, for the one process that listens to it.",
  subject: "voice.stream.of.{stream}",
  message: voiceStreamPartSchema,
  answer: voicePartTakenSchema,
  timeout: "voiceStreamAnswerMs",
  publishers: ["edge"],
  listeners: ["voice"],
});

export const voiceSpeak = defineRequest({
  name: "voice.speak",
  doc: "A sentence of a reply that is to be spoken, or spoken ones that are to become one file.",
  subject: "voice.speak",
  message: speakRequestSchema,
  answer: spokenSchema,
  queue: "voice",
  timeout: "voiceSentenceMs",
  publishers: ["session"],
  listeners: ["voice"],
});
