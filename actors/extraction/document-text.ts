import mammoth from "mammoth";
import { extractText, getDocumentProxy } from "unpdf";
import { htmlToText } from "./html-text.ts";
import { csvToText, jsonToText } from "./record-text.ts";
import { UnreadableError } from "./unreadable-error.ts";
import { assertNoBomb } from "./zip-size.ts";

/** What can be read. */
export type Format = "text" | "html" | "json" | "csv" | "pdf" | "docx";

const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const special: Record<string, Format> = {
  "text/html": "html",
  "application/xhtml+xml": "html",
  "text/csv": "csv",
  "application/csv": "csv",
  "text/tab-separated-values": "csv",
  "application/json": "json",
  "application/pdf": "pdf",
  [docx]: "docx",
  "application/xml": "text",
  "application/x-yaml": "text",
  "application/yaml": "text",
  "application/javascript": "text",
};

/** The format of a MIME type, undefined where it can't be read. */
export function formatOf(contentType: string): Format | undefined {
  const type = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  if (Object.hasOwn(special, type)) return special[type];
  if (type.endsWith("+json")) return "json";
  return type.startsWith("text/") || type.endsWith("+xml") ? "text" : undefined;
}

/** The text of a document, headings as in Markdown. @throws UnreadableError. */
export async function readDocument(bytes: Uint8Array, format: Format, maxBytes: number): Promise<string> {
  const text = await read(bytes, format, maxBytes);
  if (text.trim() === "") throw new UnreadableError("文档中没有可提取的文字");
  return text;
}

async function read(bytes: Uint8Array, format: Format, maxBytes: number): Promise<string> {
  switch (format) {
    case "text":
      return decode(bytes);
    case "html":
      return htmlToText(decode(bytes));
    case "json":
      return attempt("不是有效的 JSON", () => jsonToText(decode(bytes)));
    case "csv":
      return attempt("不是有效的 CSV", () => csvToText(decode(bytes)));
    case "pdf":
      return attempt("不是有效的 PDF,或已加密", () => pdfToText(bytes));
    case "docx":
      assertNoBomb(bytes, maxBytes);
      return attempt("不是有效的 DOCX", async () => {
        const { value } = await mammoth.convertToHtml(
          { buffer: Buffer.from(bytes) },
          { convertImage: mammoth.images.imgElement(async () => ({ src: "" })) },
        );
        return htmlToText(value);
      });
  }
}

async function pdfToText(bytes: Uint8Array): Promise<string> {
  const pdf = await getDocumentProxy(bytes);
  const { text } = await extractText(pdf, { mergePages: false });
  if (text.every((page) => page.trim() === ""))
    throw new UnreadableError("PDF 中没有文字层(可能是扫描件),无法提取内容");
  return text.map((page, i) => `# ${i + 1}\n\n${page}`).join("\n\n");
}

async function attempt<T>(reason: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (err) {
    throw err instanceof UnreadableError ? err : new UnreadableError(reason, err);
  }
}

/** UTF-8, or by its mark UTF-16, else GB18030, in which older Chinese texts are written. */
function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}
