import type { ReadText } from "./extracted-text.ts";
import { UnreadableError } from "./unreadable-error.ts";

/** Below these shares of readable characters a document is rejected, or gets a warning. */
const refusedBelow = 0.7;
const doubtfulBelow = 0.98;
/** A source of at least this size with almost no text was not read completely. */
const emptySourceBytes = 20_000;
const fewChars = 20;

const unreadable = /[\ufffd\p{Co}\p{Cn}\p{Cs}\p{Cc}\u3400-\u4dbf]/gu;

/**
 * Measures the share of readable characters and adds a warning if it is low.
 * @throws UnreadableError for empty or mostly unreadable text
 */
export function withQuality<T extends { text: string; warning?: string }>(
  read: T,
  sourceBytes: number,
): T & Pick<ReadText, "quality"> {
  const { text } = read;
  const dense = text.replace(/\s+/g, "");
  const chars = dense.length;
  if (chars === 0) throw new UnreadableError("文档中没有可提取的文字");
  const bad = dense.match(unreadable)?.length ?? 0;
  const quality = Math.round((1 - bad / chars) * 1_000) / 1_000;
  if (quality < refusedBelow) throw new UnreadableError("文档中的文字大部分无法识别(编码或字体信息缺失)");
  const warnings = [
    read.warning,
    quality < doubtfulBelow ? `约 ${Math.ceil((1 - quality) * 100)}% 的文字无法识别` : undefined,
    sourceBytes > emptySourceBytes && chars < fewChars ? "文件很大,但几乎没有可提取的文字" : undefined,
  ].filter((warning) => warning !== undefined);
  return { ...read, quality, ...(warnings.length > 0 && { warning: warnings.join("; ") }) };
}
