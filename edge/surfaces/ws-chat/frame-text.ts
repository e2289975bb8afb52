import type { z } from "zod";
import { fromZodError, ParleyError } from "../../../schemas/errors.ts";
import { parseJsonText } from "../../http/json-text.ts";

/** Reads a client's frame; undefined = a binary one. @throws ParleyError `invalid_message` */
export function parseFrame<Schema extends z.ZodType>(
  text: string | undefined,
  schema: Schema,
): z.output<Schema> {
  if (text === undefined) throw new ParleyError("invalid_message", { error: "消息格式无效: 只接受文本帧" });
  let value: unknown;
  try {
    value = parseJsonText(text);
  } catch (cause) {
    throw new ParleyError("invalid_message", { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw fromZodError(parsed.error, "invalid_message");
  return parsed.data;
}
