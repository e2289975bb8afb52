import type { z } from "zod";
import { type AnyMessage, tokensOf } from "../../schemas/messages/define.ts";

/** What reading a payload gives: the message, or why it is none. */
export type Payload<Message extends z.ZodType> =
  | { ok: true; message: z.output<Message> }
  | { ok: false; error: Error };

type Entry<Message extends z.ZodType> = Pick<AnyMessage, "kind" | "subject" | "encoding"> & {
  message: Message;
};

/**
 * Reads a payload by the schema of its entry. A signal without a payload says everything by its subject: its tokens are
 * the message then.
 */
export function readPayload<Message extends z.ZodType>(
  entry: Entry<Message>,
  subject: string,
  data: Uint8Array,
): Payload<Message> {
  if (entry.encoding === "text") return checked(entry.message, textOf(data));
  const empty = data.length === 0 && entry.kind === "signal";
  return parsePayload(entry.message, data, empty ? (tokensOf(entry, subject) ?? {}) : undefined);
}

/** Reads JSON by a cheaper check than a schema, where the entry's `raw` says why; undefined for anything else. */
export function readUnchecked<Message>(
  data: Uint8Array,
  isMessage: (value: unknown) => value is Message,
): Message | undefined {
  try {
    const value: unknown = JSON.parse(textOf(data));
    return isMessage(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the answer to a request. */
export function answerOf<Answer extends z.ZodType>(
  { answer, answerEncoding }: { answer: Answer; answerEncoding?: "text" },
  data: Uint8Array,
): Payload<Answer> {
  return answerEncoding === "text" ? checked(answer, textOf(data)) : parsePayload(answer, data);
}

/** Reads JSON by a schema; `given` takes the place of the payload. */
export function parsePayload<Message extends z.ZodType>(
  schema: Message,
  data: Uint8Array,
  given?: unknown,
): Payload<Message> {
  let json = given;
  if (json === undefined) {
    try {
      json = JSON.parse(textOf(data));
    } catch (error) {
      return { ok: false, error: error as Error };
    }
  }
  return checked(schema, json);
}

function checked<Message extends z.ZodType>(schema: Message, value: unknown): Payload<Message> {
  const parsed = schema.safeParse(value);
  return parsed.success ? { ok: true, message: parsed.data } : { ok: false, error: parsed.error };
}

function textOf(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString();
}
