import type { z } from "zod";
import { fromZodError, ParleyError } from "../../../schemas/errors.ts";
import { ForeignJsonError, parseForeignJson } from "../../../schemas/foreign-json.ts";

/** Parses a client's frame; undefined = a binary one. @throws ParleyError `invalid_message` */
export function parseFrame<Schema extends z.ZodType>(
  text: string | undefined,
  schema: Schema,
): z.output<Schema> {
  if (text === undefined) throw new ParleyError("invalid_message", { error: "消息格式无效: 只接受文本帧" });
  let value: unknown;
  try {
    value = parseForeignJson(text);
  } catch (cause) {
    const why = cause instanceof ForeignJsonError && cause.reason !== "not_json" ? `: ${cause.message}` : "";
    throw new ParleyError("invalid_message", { error: `消息格式无效${why}`, cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw fromZodError(parsed.error, "invalid_message");
  return parsed.data;
}
