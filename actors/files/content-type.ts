import { fileTypeFromBuffer } from "file-type";
import { ParleyError } from "../../schemas/errors.ts";
import type { FilePart } from "../../schemas/wire/file-part.ts";
import { decodeText } from "../extraction/charset.ts";
import { extensionOf } from "./filename.ts";

/** A file whose type is to be detected: the form part, its first bytes, and a reader of all bytes. */
export interface Content extends Pick<FilePart, "filename" | "type"> {
  head: Uint8Array;
  /** Reads all bytes in chunks. */
  read(): AsyncIterable<Uint8Array>;
}

type Bytes = Pick<Content, "head" | "read">;

/** Number of bytes checked to detect text. */
const textSampleBytes = 256 * 1024;
/** A PDF header may start within this many bytes, as viewers accept. */
const pdfHeadBytes = 1_024;
// Terminal logs contain many of these.
const escapeChar = "\u001b";
const compoundFile = "d0cf11e0a1b11ae1";

const word = "application/msword";
const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const svg = "image/svg+xml";

/** Signatures of types, by their names in `file-type`. */
const signatures: Record<string, readonly string[]> = {
  "image/jpeg": ["image/jpeg"],
  "image/png": ["image/png", "image/apng"],
  "image/gif": ["image/gif"],
  "image/webp": ["image/webp"],
  "image/heic": ["image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"],
  "image/avif": ["image/avif"],
  "application/pdf": ["application/pdf"],
  "audio/mpeg": ["audio/mpeg"],
  "audio/wav": ["audio/wav", "audio/vnd.wave", "audio/x-wav"],
  "audio/ogg": ["audio/ogg", "audio/ogg; codecs=opus", "application/ogg"],
  "audio/webm": ["video/webm", "audio/webm"],
  "video/mp4": ["video/mp4", "video/x-m4v"],
  "video/webm": ["video/webm"],
};
const texts = new Set(["text/plain", "text/markdown", "text/csv", "application/json"]);
const checked: Record<string, (bytes: Bytes) => Promise<boolean>> = {
  // Both formats are containers that hold these names uncompressed.
  [word]: async (bytes) => startsWith(bytes, compoundFile) && holds(bytes, utf16("WordDocument")),
  [docx]: async (bytes) => startsWith(bytes, "504b0304") && holds(bytes, Buffer.from("word/document")),
  [svg]: async (bytes) => /^<(\w+:)?svg[\s/>]/i.test(afterProlog(bytes.head)) && isText(bytes),
};

const aliases: Record<string, string> = {
  "image/jpg": "image/jpeg",
  "image/pjpeg": "image/jpeg",
  "image/x-png": "image/png",
  "image/svg": svg,
  "image/heif": "image/heic",
  "application/x-pdf": "application/pdf",
  "audio/mp3": "audio/mpeg",
  "audio/x-mp3": "audio/mpeg",
  "audio/mpeg3": "audio/mpeg",
  "audio/wave": "audio/wav",
  "audio/x-wav": "audio/wav",
  "audio/vnd.wave": "audio/wav",
  "audio/opus": "audio/ogg",
  "application/ogg": "audio/ogg",
  "text/x-markdown": "text/markdown",
  "application/csv": "text/csv",
  "text/json": "application/json",
};
const extensions: Record<string, string> = {
  ".txt": "text/plain",
  ".log": "text/plain",
  ".md": "text/markdown",
  ".markdown": "text/markdown",
  ".csv": "text/csv",
  ".json": "application/json",
  ".svg": svg,
  ".doc": word,
  ".docx": docx,
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".heic": "image/heic",
  ".heif": "image/heic",
  ".avif": "image/avif",
  ".pdf": "application/pdf",
  ".mp3": "audio/mpeg",
  ".wav": "audio/wav",
  ".ogg": "audio/ogg",
  ".webm": "video/webm",
  ".mp4": "video/mp4",
};

/**
 * Detects the MIME type of a file: the declared type if the content matches it; if none or a generic type is
 * declared, the one detected from content and name.
 * @throws ParleyError `unsupported_type`
 */
export async function typeOf(content: Content): Promise<string> {
  const declared = aliases[content.type] ?? content.type;
  // Browsers declare Excel's type for CSV where a spreadsheet program is installed.
  const sheet = declared === "application/vnd.ms-excel" && extensionOf(content.filename) === ".csv";
  const guess = ["", "application/octet-stream", "binary/octet-stream"].includes(declared) || sheet;
  const named = extensions[extensionOf(content.filename)];
  if ((declared === docx || named === docx) && (await isEncrypted(content)))
    throw new ParleyError("invalid_document", { error: "文档受密码保护,无法读取" });
  if (!guess) {
    if (!isKnown(declared)) throw unsupported(content.type);
    // `text/plain` is also the default of a part without Content-Type, which many programs send.
    const defaulted = declared === "text/plain" && named !== undefined;
    if (defaulted && (await isOf(named, content))) return named;
    if (await isOf(declared, content)) return declared;
    throw unsupported(`${content.type} (内容不符)`);
  }
  if (named !== undefined && (await isOf(named, content))) return named;
  const found = await signatureOf(content);
  const fitting = Object.entries(signatures).find(([, names]) => names.includes(found ?? ""))?.[0];
  if (fitting === undefined) throw unsupported(found ?? (content.type || "未知"));
  return fitting;
}

function isKnown(type: string): boolean {
  return Object.hasOwn(signatures, type) || Object.hasOwn(checked, type) || texts.has(type);
}

async function isOf(type: string, content: Bytes): Promise<boolean> {
  if (texts.has(type)) return isText(content);
  const check = checked[type];
  if (check !== undefined) return check(content);
  const found = await signatureOf(content);
  return found !== undefined && (signatures[type] ?? []).includes(found);
}

async function signatureOf({ head }: Bytes): Promise<string | undefined> {
  if (Buffer.from(head.subarray(0, pdfHeadBytes)).includes("%PDF-")) return "application/pdf";
  try {
    return (await fileTypeFromBuffer(head))?.mime;
  } catch {
    // The beginning of a container may not be enough to detect its type.
    return undefined;
  }
}

/** Whether the beginning is text in a detectable encoding with almost no control characters. */
async function isText({ read }: Bytes): Promise<boolean> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of read()) {
    parts.push(part.subarray(0, textSampleBytes - size));
    size += part.length;
    if (size > textSampleBytes) break;
  }
  const decoded = decodeText(Buffer.concat(parts), { markup: true, cut: size > textSampleBytes });
  if (decoded === undefined) return false;
  const controls =
    decoded.text
      .replaceAll(escapeChar, "")
      .replace(/\s+/g, "")
      .match(/\p{Cc}/gu)?.length ?? 0;
  return controls * 100 <= decoded.text.length;
}

/** Whether it is an OLE container with an encrypted OOXML document. */
async function isEncrypted(bytes: Bytes): Promise<boolean> {
  return startsWith(bytes, compoundFile) && holds(bytes, utf16("EncryptedPackage"));
}

/** Whether the content contains these bytes. */
async function holds({ read }: Bytes, wanted: Buffer): Promise<boolean> {
  let tail = Buffer.alloc(0);
  for await (const part of read()) {
    const window = Buffer.concat([tail, part]);
    if (window.includes(wanted)) return true;
    tail = window.subarray(Math.max(0, window.length - wanted.length));
  }
  return false;
}

function startsWith({ head }: Bytes, hex: string): boolean {
  return Buffer.from(head).toString("hex").startsWith(hex);
}

/** XML prolog before the root element; drawing programs define entities in the document type. */
const prolog = /^\s*(?:<\?.*?\?>|<!--.*?-->|<!doctype[^[>]*(?:\[[^\]]*\]\s*)?>)/is;

/** Skips the prolog of an XML text. */
function afterProlog(head: Uint8Array): string {
  let text = new TextDecoder().decode(head);
  for (let found = prolog.exec(text); found !== null; found = prolog.exec(text))
    text = text.slice(found[0].length);
  return text.trimStart();
}

function utf16(text: string): Buffer {
  return Buffer.from(text, "utf16le");
}

function unsupported(type: string): ParleyError {
  return new ParleyError("unsupported_type", { error: `不支持的文件类型: ${type}` });
}
