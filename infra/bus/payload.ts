import type { z } from "zod";
import { type AnyMessage, tokensOf } from "../../schemas/messages/define.ts";

/** Result of parsing a payload: the message, or the error. */
export type Payload<Message extends z.ZodType> =
  | { ok: true; message: z.output<Message> }
  | { ok: false; error: Error };

type Entry<Message extends z.ZodType> = Pick<AnyMessage, "kind" | "subject" | "encoding"> & {
  message: Message;
};

/**
 * Parses a payload by its entry's schema. A signal without a payload consists of its subject's tokens.
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

/** Parses JSON with a cheaper check than a schema (the entry's `raw` says why); undefined when invalid. */
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

/** Parses the answer to a request. */
export function answerOf<Answer extends z.ZodType>(
  { answer, answerEncoding }: { answer: Answer; answerEncoding?: "text" },
  data: Uint8Array,
): Payload<Answer> {
  return answerEncoding === "text" ? checked(answer, textOf(data)) : parsePayload(answer, data);
}

/** Parses JSON by a schema; `given` replaces the payload. */
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
