import { z } from "zod";

// OneBot v11 (botuniverse/onebot-11), as far as it is used. Ids are numbers, from some clients texts.

const idSchema = z.union([z.int(), z.string().regex(/^-?\d{1,20}$/)]).transform(String);

/** One piece of a message; the values of `data` are texts, from some clients numbers. */
export const onebotSegmentSchema = z.object({
  type: z.string().max(32).describe("Kind of the entry."),
  data: z.record(z.string(), z.unknown()).nullish().describe("Fields of the segment or of the answer."),
});
export type OnebotSegment = z.infer<typeof onebotSegmentSchema>;

/** Content of a message: segments, or a text with CQ codes, by the client's setting. */
const contentSchema = z.union([z.string().max(200_000), z.array(onebotSegmentSchema).max(500)]);
export type OnebotContent = z.infer<typeof contentSchema>;

/** A message that somebody sent. `message` is an array of segments or a text with CQ codes, by the client's setting. */
export const onebotMessageSchema = z.object({
  post_type: z.literal("message").describe("Kind of the event."),
  message_type: z.enum(["private", "group"]).describe("Private chat or group."),
  sub_type: z.string().optional().describe("Kind of the chat."),
  self_id: idSchema.describe("Id of the bot's account."),
  user_id: idSchema.describe("Id of the user."),
  group_id: idSchema.nullish().describe("Id of the group."),
  message_id: idSchema.describe("Id of the message."),
  time: z.number().optional().describe("Unix seconds."),
  message: contentSchema.describe("Content, as segments or as text with CQ codes."),
});
export type OnebotMessage = z.infer<typeof onebotMessageSchema>;

/** Data of the answer to `get_msg`, as far as a quotation needs it. */
export const onebotQuotedSchema = z.object({
  sender: z
    .object({
      user_id: idSchema.nullish().describe("Id of the user."),
      nickname: z.string().nullish().describe("Name that is shown."),
      card: z.string().nullish().describe("Name of the sender in the group."),
    })
    .nullish()
    .describe("Sender."),
  message: contentSchema.describe("Content, as segments or as text with CQ codes."),
});

/** Data of the answer to `get_forward_msg`: the messages of a merged forward; clients differ in where their content is. */
export const onebotForwardSchema = z.object({
  messages: z
    .array(
      z.looseObject({
        sender: z
          .object({
            user_id: idSchema.nullish().describe("Id of the user."),
            nickname: z.string().nullish().describe("Name that is shown."),
            card: z.string().nullish().describe("Name of the sender in the group."),
          })
          .nullish()
          .describe("Sender."),
        message: contentSchema.nullish().describe("Content of the message."),
        content: contentSchema.nullish().describe("Content of the message, by its other name."),
      }),
    )
    .max(200)
    .describe("The messages, oldest first."),
});

/** Data of the answer to `get_record`: a file of the client's machine, with what some clients add. */
export const onebotRecordSchema = z.object({
  file: z.string().nullish().describe("The file."),
  url: z.string().nullish().describe("Address."),
  base64: z.string().nullish().describe("The bytes as base64."),
});

/** Answer to a call; `echo` is what the call carried. */
export const onebotAnswerSchema = z.object({
  status: z.string().nullish().describe("State of the entry."),
  retcode: z
    .union([z.int(), z.string()])
    .nullish()
    .transform((code) => (code === undefined || code === null ? undefined : Number(code)))
    .describe("Result code; 0 = success. Some clients write it as text."),
  data: z.unknown().optional().describe("Fields of the segment or of the answer."),
  wording: z.string().nullish().describe("Text of the refusal."),
  message: z.string().nullish().describe("Text of the refusal, by its other name."),
  echo: z.string().describe("Id of the call that is answered."),
});
export type OnebotAnswer = z.infer<typeof onebotAnswerSchema>;

/** What a connection carries, by `X-Client-Role`. */
export const onebotRoleSchema = z
  .string()
  .default("Universal")
  .transform((role) => role.toLowerCase())
  .pipe(z.enum(["universal", "api", "event"]));
export type OnebotRole = z.infer<typeof onebotRoleSchema>;

/** Id of the bot's account in `X-Self-ID`. */
export const onebotSelfSchema = z.string().regex(/^\d{1,20}$/, "must be a number");
