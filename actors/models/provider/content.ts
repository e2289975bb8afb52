import { providerPartSchema } from "../../../schemas/wire/provider-chunk.ts";

/** Text and reasoning of a message, in the order of its parts. */
export interface ContentPiece {
  kind: "content" | "reasoning";
  text: string;
}

const thinkingTypes = /think|reason/;
const deepest = 4;

/**
 * Reads the content of a message: a string, a list of parts, or one part. Refusals count as text, thinking as
 * reasoning; other parts (images, tool calls of other APIs) are skipped.
 */
export function readContent(content: unknown, depth = 0): ContentPiece[] {
  if (typeof content === "string") return pieceOf("content", content);
  if (typeof content === "number") return pieceOf("content", String(content));
  if (depth > deepest || typeof content !== "object" || content === null) return [];
  if (Array.isArray(content)) return content.flatMap((part) => readContent(part, depth + 1));
  const parsed = providerPartSchema.safeParse(content);
  if (!parsed.success || typeof parsed.data === "string") return [];
  const { type, text, thinking } = parsed.data;
  if (thinkingTypes.test(type)) {
    const { reasoning, content: inner, summary } = parsed.data;
    const thought = textOf(thinking ?? text ?? reasoning ?? inner ?? summary, depth);
    return pieceOf("reasoning", thought);
  }
  if (type === "refusal") return pieceOf("content", textOf(parsed.data.refusal, depth));
  if (type !== "text" && type !== "output_text") return [];
  const { value } = typeof text === "object" && text !== null ? (text as { value?: unknown }) : {};
  return pieceOf("content", textOf(value ?? text ?? parsed.data.content, depth));
}

/** Concatenates all text of a value: reasoning may be a string, a part or a list of parts. */
export function textOf(value: unknown, depth = 0): string {
  return readContent(value, depth + 1)
    .map(({ text }) => text)
    .join("");
}

function pieceOf(kind: ContentPiece["kind"], text: string): ContentPiece[] {
  return text === "" ? [] : [{ kind, text }];
}
