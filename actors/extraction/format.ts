import { extname } from "node:path";

/** Supported formats. */
export type Format = "text" | "html" | "xml" | "json" | "csv" | "pdf" | "docx";

const docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

const types: Record<string, Format> = {
  "text/html": "html",
  "application/xhtml+xml": "html",
  "text/csv": "csv",
  "application/csv": "csv",
  "text/tab-separated-values": "csv",
  "application/json": "json",
  "application/x-ndjson": "json",
  "application/ndjson": "json",
  "application/jsonl": "json",
  "application/x-jsonlines": "json",
  "application/pdf": "pdf",
  "application/x-pdf": "pdf",
  [docxType]: "docx",
  "application/xml": "xml",
  "text/xml": "xml",
  "application/x-yaml": "text",
  "application/yaml": "text",
  "application/javascript": "text",
  "application/x-sh": "text",
  "application/toml": "text",
};
const extensions: Record<string, Format> = {
  ".html": "html",
  ".htm": "html",
  ".xhtml": "html",
  ".csv": "csv",
  ".tsv": "csv",
  ".json": "json",
  ".jsonl": "json",
  ".ndjson": "json",
  ".pdf": "pdf",
  ".docx": "docx",
  ".xml": "xml",
  ".rss": "xml",
  ".atom": "xml",
  ".txt": "text",
  ".md": "text",
  ".markdown": "text",
  ".log": "text",
  ".yaml": "text",
  ".yml": "text",
};
/** Generic types without information about the content. */
const vague = new Set([
  "",
  "application/octet-stream",
  "binary/octet-stream",
  "application/download",
  "application/force-download",
  "text/plain",
]);

/** The format of a MIME type; undefined if unsupported. */
export function formatOf(contentType: string): Format | undefined {
  const type = mediaType(contentType);
  if (Object.hasOwn(types, type)) return types[type];
  if (type.endsWith("+json")) return "json";
  if (type.endsWith("+xml")) return "xml";
  return type.startsWith("text/") ? "text" : undefined;
}

/**
 * The format of a document by its type, or for generic types by content and name. `name`: file name, or the
 * path of the URL.
 */
export function formatOfDocument(contentType: string, name: string, head: Uint8Array): Format | undefined {
  const type = mediaType(contentType);
  if (!vague.has(type)) return formatOf(type);
  const begin = Buffer.from(head.subarray(0, 1_024)).toString("latin1");
  const named = extensions[extname(name).toLowerCase()];
  if (begin.includes("%PDF-") && (named === "pdf" || type !== "text/plain")) return "pdf";
  if (begin.startsWith("PK\x03\x04"))
    return named === "docx" || begin.includes("[Content_Types].xml") ? "docx" : undefined;
  if (named !== undefined && named !== "pdf" && named !== "docx") return named;
  if (type === "text/plain") return "text";
  if (/^\s*(?:<!doctype html|<html)/i.test(begin)) return "html";
  if (/^(?:\xef\xbb\xbf)?\s*<\?xml/.test(begin)) return "xml";
  return begin.includes("\0") || begin === "" ? undefined : "text";
}

/** The `charset` of a Content-Type, undefined without one. */
export function charsetOf(contentType: string): string | undefined {
  return /;\s{0,9}charset\s{0,9}=\s{0,9}"?([\w:.-]{1,40})/i.exec(contentType)?.[1];
}

function mediaType(contentType: string): string {
  return (contentType.split(";")[0] ?? "").trim().toLowerCase();
}
