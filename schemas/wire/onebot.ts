import { z } from "zod";

// OneBot v11 (botuniverse/onebot-11), as far as it is used. Ids are numbers, from some clients texts.

const idSchema = z.union([z.int(), z.string().regex(/^-?\d{1,20}$/)]).transform(String);

/** One piece of a message; the values of `data` are texts, from some clients numbers. */
export const onebotSegmentSchema = z.object({
  type: z.string().max(32),
  data: z.record(z.string(), z.unknown()).nullish(),
});
export type OnebotSegment = z.infer<typeof onebotSegmentSchema>;

/** A message that somebody sent. `message` is an array of segments or a text with CQ codes, by the client's setting. */
export const onebotMessageSchema = z.object({
  post_type: z.literal("message"),
  message_type: z.enum(["private", "group"]),
  sub_type: z.string().optional(),
  self_id: idSchema,
  user_id: idSchema,
  group_id: idSchema.nullish(),
  message_id: idSchema,
  /** Unix seconds. */
  time: z.number().optional(),
  message: z.union([z.string().max(200_000), z.array(onebotSegmentSchema).max(500)]),
});
export type OnebotMessage = z.infer<typeof onebotMessageSchema>;

/** Data of the answer to `get_msg`, as far as a quotation needs it. */
export const onebotQuotedSchema = z.object({
  sender: z
    .object({ user_id: idSchema.nullish(), nickname: z.string().nullish(), card: z.string().nullish() })
    .nullish(),
  message: z.union([z.string().max(200_000), z.array(onebotSegmentSchema).max(500)]),
});

/** Data of the answer to `get_record`: a file of the client's machine, with what some clients add. */
export const onebotRecordSchema = z.object({
  file: z.string().nullish(),
  url: z.string().nullish(),
  base64: z.string().nullish(),
});

/** Answer to a call; `echo` is what the call carried. */
export const onebotAnswerSchema = z.object({
  status: z.string().nullish(),
  retcode: z.int().nullish(),
  data: z.unknown().optional(),
  wording: z.string().nullish(),
  echo: z.string(),
});
export type OnebotAnswer = z.infer<typeof onebotAnswerSchema>;

/** What a connection carries, by `X-Client-Role`. */
export const onebotRoleSchema = z
  .string()
  .default("Universal")
  .transform((role) => role.toLowerCase())
  .pipe(z.enum(["universal", "api", "event"]));
export type OnebotRole = z.infer<typeof onebotRoleSchema>;
