import { type DecodedText, decodeText } from "./charset.ts";
import { csvToText } from "./csv-text.ts";
import { docxToText } from "./docx-text.ts";
import type { ExtractedText, ReadText } from "./extracted-text.ts";
import type { Format } from "./format.ts";
import { htmlToText } from "./html-text.ts";
import { jsonToText } from "./json-text.ts";
import { xmlToText } from "./markup-text.ts";
import { pdfToText } from "./pdf-text.ts";
import { withQuality } from "./text-quality.ts";
import { UnreadableError } from "./unreadable-error.ts";

/** Options for reading a document. `charset`: as declared by its source. */
export interface ReadOptions {
  format: Format;
  charset?: string | undefined;
  /** Maximum unpacked size, bytes. */
  maxBytes: number;
}

/** The text of a document, headings as in Markdown. @throws UnreadableError with a user-facing reason */
export async function readDocument(bytes: Uint8Array, options: ReadOptions): Promise<ReadText> {
  try {
    return withQuality(await read(bytes, options), bytes.length);
  } catch (err) {
    if (err instanceof UnreadableError) throw err;
    const reason = err instanceof RangeError ? "文档嵌套过深" : `不是有效的 ${options.format.toUpperCase()}`;
    throw new UnreadableError(reason, err);
  }
}

async function read(
  bytes: Uint8Array,
  { format, charset, maxBytes }: ReadOptions,
): Promise<ExtractedText & { encoding?: string }> {
  if (format === "pdf") return pdfToText(bytes, maxBytes);
  if (format === "docx") return { text: await docxToText(bytes, maxBytes) };
  const decoded = decodeText(bytes, { declared: charset, markup: format === "html" || format === "xml" });
  if (decoded === undefined) throw new UnreadableError("无法识别文本的编码");
  return { ...plainText(decoded, format), encoding: decoded.encoding };
}

function plainText({ text, bad }: DecodedText, format: Format): ExtractedText {
  const warning = bad === 0 ? {} : { warning: `${bad} 个字符无法按编码读出` };
  switch (format) {
    case "html":
      return { text: htmlToText(text), ...warning };
    case "xml":
      return { text: xmlToText(text), ...warning };
    case "json":
      return { text: jsonToText(text), ...warning };
    case "csv":
      return { text: csvToText(text), ...warning };
    default:
      return { text, ...warning };
  }
}
