import { UnreadableError } from "./unreadable-error.ts";

const endMark = 0x06054b50;
const entryMark = 0x02014b50;
const endBytes = 22;
const entryBytes = 46;
const maxComment = 65_535;
const maxEntries = 10_000;
const maxRatio = 100;

/**
 * Refuses a ZIP file that unpacks to more than `maxBytes`, or to a hundred times its size, by what its directory says.
 * @throws UnreadableError, also where it is no ZIP file.
 */
export function assertNoBomb(bytes: Uint8Array, maxBytes: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  const entries = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  let total = 0;
  if (entries > maxEntries) throw new UnreadableError("压缩包条目过多");
  for (let i = 0; i < entries; i++) {
    if (at + entryBytes > view.byteLength || view.getUint32(at, true) !== entryMark)
      throw new UnreadableError("文件已损坏");
    total += view.getUint32(at + 24, true);
    at +=
      entryBytes +
      view.getUint16(at + 28, true) +
      view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true);
  }
  const floor = 1024 * 1024;
  if (total > maxBytes || (total > floor && total > bytes.length * maxRatio))
    throw new UnreadableError("解压后的内容过大");
}

function findEnd(view: DataView): number {
  const lowest = Math.max(0, view.byteLength - endBytes - maxComment);
  for (let at = view.byteLength - endBytes; at >= lowest; at--)
    if (view.getUint32(at, true) === endMark) return at;
  throw new UnreadableError("文件已损坏");
}
