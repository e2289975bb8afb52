import { z } from "zod";

/** Containers in which speech comes. Only `pcm` (16 kHz, mono, 16 bit, little-endian) must be named; others tell themselves. */
export const audioFormatSchema = z.enum(["webm", "wav", "pcm", "opus", "ogg", "mp3", "flac", "mp4", "m4a"]);

/** What is spoken: an ISO 639-1 code, perhaps with a region, or `auto`. */
export const spokenLanguageSchema = z
  .string()
  .regex(/^(?:auto|[a-z]{2,3}(?:-[A-Za-z]{2,4})?)$/, "must be a language");
