import { constants, inflateSync } from "node:zlib";
import { UnreadableError } from "./unreadable-error.ts";

const dictionaryBytes = 1_024;

/**
 * Rejects a PDF whose compressed streams, except images, unpack to more than `maxBytes` in total.
 * @throws UnreadableError
 */
export function assertBoundedStreams(bytes: Uint8Array, maxBytes: number): void {
  const pdf = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let unpacked = 0;
  for (let at = pdf.indexOf("stream"); at >= 0; at = pdf.indexOf("stream", at + 6)) {
    if (pdf.subarray(Math.max(0, at - 3), at).toString("latin1") === "end") continue;
    const dictionary = pdf.subarray(Math.max(0, at - dictionaryBytes), at).toString("latin1");
    const own = dictionary.slice(dictionary.lastIndexOf(" obj") + 1);
    if (!/\/Fl(ateDecode)?\b/.test(own) || /\/Subtype\s*\/Image\b/.test(own)) continue;
    const from = at + 6 + (pdf[at + 6] === 0x0d ? 1 : 0) + 1;
    const end = pdf.indexOf("endstream", from);
    unpacked += inflatedSize(pdf.subarray(from, end < 0 ? pdf.length : end), maxBytes - unpacked);
    if (unpacked > maxBytes) throw new UnreadableError("解压后的内容过大");
  }
}

/** Unpacked size of a stream, at most `limit` + 1; 0 for a broken stream. */
function inflatedSize(packed: Uint8Array, limit: number): number {
  try {
    return inflateSync(packed, {
      maxOutputLength: Math.max(1, limit),
      finishFlush: constants.Z_SYNC_FLUSH,
    }).length;
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? limit + 1 : 0;
  }
}
