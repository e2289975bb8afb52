import type { Settings } from "../../schemas/config.ts";
import type { FileDocument } from "../../schemas/documents/file.ts";
import { formatOf } from "../extraction/document-text.ts";
import { parseDocument } from "../extraction/parse.ts";
import type { UserFiles } from "../files/user-files.ts";

/** The beginning of a file's text; `whole` where that is all. */
export interface AttachedText {
  text: string;
  whole: boolean;
}

interface Means {
  files: Pick<UserFiles, "bytes" | "open">;
  settings: Pick<Settings, "limits">;
}

/**
 * What a model may read of a file: text as it stands there, of PDF and Word documents what they say. Null for files without.
 * @throws UnreadableError for a broken document, ParleyError `file_missing`, or the signal's reason
 */
export async function textOf(
  { files, settings: { limits } }: Means,
  file: FileDocument,
  signal: AbortSignal,
): Promise<AttachedText | null> {
  const { shownFileChars: chars } = limits;
  const format = formatOf(file.mime_type);
  if (format === undefined) return null;
  if (format === "pdf" || format === "docx") {
    const text = await parseDocument(await files.bytes(file, limits.uploadBytes), format, limits, signal);
    return { text: text.slice(0, chars), whole: text.length <= chars };
  }
  // In none of the encodings is a character longer than four bytes.
  const most = 4 * chars;
  const object = await files.open({ bucket: "files", object: file.object });
  const parts: Uint8Array[] = [];
  for await (const part of object.read(0, Math.min(most, file.size))) {
    signal.throwIfAborted();
    parts.push(part);
  }
  const text = beginningOf(Buffer.concat(parts));
  return { text: text.slice(0, chars), whole: file.size <= most && text.length <= chars };
}

/** The characters of a text that may be cut anywhere: UTF-16 by its mark, else UTF-8, else GB18030. */
function beginningOf(bytes: Uint8Array): string {
  const mark = Buffer.from(bytes.subarray(0, 2)).toString("hex");
  const wide = { fffe: "utf-16le", feff: "utf-16be" }[mark];
  for (const [encoding, fatal] of [
    [wide ?? "utf-8", true],
    [wide ?? "gb18030", false],
  ] as const) {
    try {
      return new TextDecoder(encoding, { fatal }).decode(bytes, { stream: true });
    } catch {
      // The next one never fails.
    }
  }
  return "";
}
