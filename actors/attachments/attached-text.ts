import type { Settings } from "../../schemas/config.ts";
import type { FileDocument } from "../../schemas/documents/file.ts";
import { decodeText } from "../extraction/charset.ts";
import type { DocumentReader } from "../extraction/document-reader.ts";
import { formatOfDocument } from "../extraction/format.ts";
import { UnreadableError } from "../extraction/unreadable-error.ts";
import type { UserFiles } from "../files/user-files.ts";

/** The beginning of a file's text; `whole` when it is complete. */
export interface AttachedText {
  text: string;
  whole: boolean;
}

interface TextSource {
  files: Pick<UserFiles, "bytes" | "open">;
  reader: Pick<DocumentReader, "read">;
  settings: Pick<Settings, "limits">;
}

/**
 * The text of a file for a model: plain text as is, PDF and Word documents extracted. Null for files without
 * text.
 * @throws UnreadableError for a broken document, ParleyError `file_missing`, or the signal's reason
 */
export async function textOf(
  { files, reader, settings: { limits } }: TextSource,
  file: FileDocument,
  signal: AbortSignal,
): Promise<AttachedText | null> {
  const { shownFileChars: chars } = limits;
  const format = formatOfDocument(file.mime_type, file.filename, new Uint8Array());
  if (format === undefined) return null;
  if (format === "pdf" || format === "docx") {
    const bytes = () => files.bytes(file, limits.uploadBytes);
    const { text } = await reader.read(bytes, format, { user: file.user_id, signal });
    return { text: text.slice(0, chars), whole: text.length <= chars };
  }
  // No supported encoding uses more than four bytes per character.
  const most = 4 * chars;
  const object = await files.open({ bucket: "files", object: file.object });
  const parts: Uint8Array[] = [];
  for await (const part of object.read(0, Math.min(most, file.size))) {
    signal.throwIfAborted();
    parts.push(part);
  }
  const cut = file.size > most;
  const markup = format === "html" || format === "xml";
  const decoded = decodeText(Buffer.concat(parts), { declared: file.charset, markup, cut });
  if (decoded === undefined) throw new UnreadableError("无法识别文本的编码");
  const { text } = decoded;
  return { text: text.slice(0, chars), whole: !cut && text.length <= chars };
}
