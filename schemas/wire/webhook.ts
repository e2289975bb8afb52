import { z } from "zod";
import { idPattern } from "../ids.ts";
import { platformNames, platformUserPrefix } from "../platforms.ts";
import { contentSchema } from "./client-frame.ts";

const externalPrefix = "ext_";

/** Beginning of the ids of Discord's users. */
export const discordUserPrefix = "ext_discord_";

/** Users of chat platforms have ids of their own: a webhook that chose one would speak in that user's sessions. */
const reservedPrefixes: readonly string[] = [discordUserPrefix, ...platformNames.map(platformUserPrefix)];

/** The user that an id from outside becomes: `ext_<id>`, who never logs in. */
export const externalUserSchema = z
  .string()
  .default("webhook_generic")
  .transform((id) => (id.startsWith(externalPrefix) ? id : `${externalPrefix}${id}`))
  .refine((id) => idPattern.test(id), "must match ^[A-Za-z0-9_-]{1,60}$")
  .refine((id) => !reservedPrefixes.some((prefix) => `${id}_`.startsWith(prefix)), {
    error: `must not begin with the prefix of a chat platform (${reservedPrefixes.map((prefix) => prefix.slice(externalPrefix.length)).join(", ")})`,
  });

/** Body of `POST /webhook/generic`; that `message` says something is checked by the handler, for its own error text. */
export const genericWebhookSchema = z.object({
  message: contentSchema.default("").describe("Text of the message."),
  user_id: externalUserSchema.describe("Id of the user."),
  session_id: z
    .string()
    .regex(idPattern, "must match ^[A-Za-z0-9_-]{1,64}$")
    .optional()
    .describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
  mode: z
    .enum(["text", "voice_msg"])
    .default("text")
    .describe("How the user wants the reply: text, with spoken sentences, or a hands-free conversation."),
  platform: z.string().max(64).default("generic").describe("Chat platform."),
});

const snowflakeSchema = z.string().regex(/^[A-Za-z0-9_-]{1,48}$/, "must be a snowflake");
const discordUserSchema = z.object({
  id: snowflakeSchema.describe("Id of the entry."),
  username: z.string().optional().describe("User name."),
});
const optionSchema = z.object({
  name: z.string().describe("Name."),
  value: z.unknown().describe("Value of the option."),
});

/** A Discord interaction, as far as it is used (Discord developer documentation, "Receiving and Responding"). */
export const discordInteractionSchema = z.object({
  type: z.int().describe("Kind of the entry."),
  id: snowflakeSchema.optional().describe("Id of the entry."),
  application_id: snowflakeSchema.optional().describe("Id of the Discord application."),
  token: z
    .string()
    .regex(/^[\w.-]{1,512}$/, "must be an interaction token")
    .optional()
    .describe("Token of the user: a JWT or an API key."),
  channel_id: snowflakeSchema.optional().describe("Id of the Discord channel."),
  member: z
    .object({ user: discordUserSchema.optional().describe("User of the platform.") })
    .optional()
    .describe("Member of the server who used the command."),
  user: discordUserSchema.optional().describe("User of the platform."),
  data: z
    .object({
      name: z.string().max(64).describe("Name."),
      options: z.array(optionSchema).max(25).default([]).describe("Options of the command."),
    })
    .optional()
    .describe("Command and its options, or the message to show."),
});
export type DiscordInteraction = z.infer<typeof discordInteractionSchema>;

/** Kinds of interaction and of answer, by Discord's numbers. */
export const discordTypes = { ping: 1, command: 2, pong: 1, message: 4, deferred: 5 } as const;

/** Most characters of one Discord message. */
export const discordMessageChars = 2_000;

/** Answer to an interaction. */
export const discordAnswerSchema = z.object({
  type: z.int().describe("Kind of the entry."),
  data: z
    .looseObject({ content: z.string().max(discordMessageChars).describe("Text of the message.") })
    .optional()
    .describe("Command and its options, or the message to show."),
});
export type DiscordAnswer = z.infer<typeof discordAnswerSchema>;
