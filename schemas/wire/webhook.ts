import { z } from "zod";
import { idPattern } from "../ids.ts";
import { contentSchema } from "./client-frame.ts";

const externalPrefix = "ext_";

/** The user that an id from outside becomes: `ext_<id>`, who never logs in. */
export const externalUserSchema = z
  .string()
  .default("webhook_generic")
  .transform((id) => (id.startsWith(externalPrefix) ? id : `${externalPrefix}${id}`))
  .refine((id) => idPattern.test(id), "must match ^[A-Za-z0-9_-]{1,60}$");

/** Body of `POST /webhook/generic`; that `message` says something is checked by the handler, for its own error text. */
export const genericWebhookSchema = z.object({
  message: contentSchema.default(""),
  user_id: externalUserSchema,
  session_id: z.string().regex(idPattern, "must match ^[A-Za-z0-9_-]{1,64}$").optional(),
  mode: z.enum(["text", "voice_msg"]).default("text"),
  platform: z.string().max(64).default("generic"),
});

const snowflakeSchema = z.string().regex(/^[A-Za-z0-9_-]{1,48}$/, "must be a snowflake");
const discordUserSchema = z.object({ id: snowflakeSchema, username: z.string().optional() });
const optionSchema = z.object({ name: z.string(), value: z.unknown() });

/** A Discord interaction, as far as it is used (Discord developer documentation, "Receiving and Responding"). */
export const discordInteractionSchema = z.object({
  type: z.int(),
  id: snowflakeSchema.optional(),
  application_id: snowflakeSchema.optional(),
  token: z
    .string()
    .regex(/^[\w.-]{1,512}$/, "must be an interaction token")
    .optional(),
  channel_id: snowflakeSchema.optional(),
  member: z.object({ user: discordUserSchema.optional() }).optional(),
  user: discordUserSchema.optional(),
  data: z.object({ name: z.string().max(64), options: z.array(optionSchema).max(25).default([]) }).optional(),
});
export type DiscordInteraction = z.infer<typeof discordInteractionSchema>;

/** Kinds of interaction and of answer, by Discord's numbers. */
export const discordTypes = { ping: 1, command: 2, pong: 1, message: 4, deferred: 5 } as const;

/** Most characters of one Discord message. */
export const discordMessageChars = 2_000;

/** Answer to an interaction. */
export const discordAnswerSchema = z.object({
  type: z.int(),
  data: z.looseObject({ content: z.string().max(discordMessageChars) }).optional(),
});
export type DiscordAnswer = z.infer<typeof discordAnswerSchema>;
