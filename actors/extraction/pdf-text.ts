import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { getDocument, VerbosityLevel } from "pdfjs-dist/legacy/build/pdf.mjs";
import type { ExtractedText } from "./extracted-text.ts";
import { formValues } from "./pdf-form.ts";
import { linesOf, type PageLine, withoutRunningLines } from "./pdf-lines.ts";
import { PageText } from "./pdf-paragraphs.ts";
import { assertBoundedStreams } from "./pdf-streams.ts";
import { UnreadableError } from "./unreadable-error.ts";

/** Folder of the library's packed CMaps and fonts: required for text in fonts that are not embedded. */
const library = dirname(
  dirname(dirname(fileURLToPath(import.meta.resolve("pdfjs-dist/legacy/build/pdf.mjs")))),
);
const maxPages = 5_000;

/**
 * The text of a PDF: lines joined into paragraphs, words dehyphenated, headers and footers removed, form
 * values after the text of their page. @throws UnreadableError
 */
export async function pdfToText(bytes: Uint8Array, maxBytes: number): Promise<ExtractedText> {
  const start = Buffer.from(bytes.subarray(0, 1_024)).indexOf("%PDF-");
  if (start < 0) throw new UnreadableError("不是有效的 PDF");
  assertBoundedStreams(bytes, maxBytes);
  const loading = getDocument({
    data: Uint8Array.from(bytes.subarray(start)),
    cMapUrl: `${library}/cmaps/`,
    cMapPacked: true,
    standardFontDataUrl: `${library}/standard_fonts/`,
    useSystemFonts: false,
    disableFontFace: true,
    isEvalSupported: false,
    maxImageSize: 1,
    verbosity: VerbosityLevel.ERRORS,
  });
  try {
    return await textOf(await loading.promise);
  } catch (err) {
    if (err instanceof UnreadableError) throw err;
    if (err instanceof Error && err.name === "PasswordException")
      throw new UnreadableError("PDF 受密码保护,无法读取", err);
    throw new UnreadableError("不是有效的 PDF", err);
  }
}

type Pdf = Awaited<ReturnType<typeof getDocument>["promise"]>;

async function textOf(pdf: Pdf): Promise<ExtractedText> {
  if (pdf.numPages > maxPages) throw new UnreadableError(`PDF 页数过多 (最多 ${maxPages} 页)`);
  const pages: PageLine[][] = [];
  const values: string[][] = [];
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    pages.push(linesOf(items.flatMap((item) => ("str" in item ? [item] : []))));
    values.push(formValues((await page.getAnnotations()) as unknown[]));
    page.cleanup();
  }
  const empty = pages.flatMap((lines, i) => (lines.length + (values[i] ?? []).length === 0 ? [i + 1] : []));
  if (empty.length === pages.length) throw new UnreadableError("PDF 中没有文字层(可能是扫描件),无法提取内容");
  const text = new PageText();
  for (const [i, lines] of withoutRunningLines(pages).entries()) text.addPage(lines, values[i] ?? []);
  return {
    ...text.end(),
    ...(empty.length > 0 && { warning: `第 ${listed(empty)} 页没有文字层(可能是扫描件)` }),
  };
}

function listed(numbers: readonly number[]): string {
  return numbers.length <= 10
    ? numbers.join("、")
    : `${numbers.slice(0, 10).join("、")} 等 ${numbers.length}`;
}
