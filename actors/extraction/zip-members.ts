import { Transform } from "node:stream";
import { buffer } from "node:stream/consumers";
import yauzl, { type Entry, type ZipFile } from "yauzl";
import { UnreadableError } from "./unreadable-error.ts";

const maxEntries = 10_000;
const maxRatio = 100;
const ratioFloorBytes = 1024 * 1024;

/**
 * The members of a ZIP file whose names `wanted` accepts. Sizes are measured while unpacking, regardless of
 * the headers. @throws UnreadableError for an invalid ZIP file, or one that unpacks to more than `maxBytes`
 * or 100 times its size
 */
export async function zipMembers(
  bytes: Uint8Array,
  maxBytes: number,
  wanted: (name: string) => boolean,
): Promise<Map<string, Buffer>> {
  const most = Math.min(maxBytes, Math.max(ratioFloorBytes, bytes.length * maxRatio));
  const members = new Map<string, Buffer>();
  let unpacked = 0;
  const counted = () =>
    new Transform({
      transform(part: Buffer, _encoding, done) {
        unpacked += part.length;
        if (unpacked > most) done(tooLarge());
        else done(null, part);
      },
    });
  try {
    const zip = await yauzl.fromBufferPromise(Buffer.from(bytes), {
      lazyEntries: true,
      validateEntrySizes: false,
    });
    if (zip.entryCount > maxEntries) throw new UnreadableError("压缩包条目过多");
    const entries = await entriesOf(zip);
    if (entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0) > most) throw tooLarge();
    for (const entry of entries) {
      if (!wanted(entry.fileName)) continue;
      if (entry.isEncrypted()) throw new UnreadableError("文档受密码保护,无法读取");
      const source = await zip.openReadStreamPromise(entry);
      const limited = counted();
      source.on("error", (err) => limited.destroy(err));
      members.set(entry.fileName, await buffer(source.pipe(limited)));
    }
    return members;
  } catch (err) {
    throw err instanceof UnreadableError ? err : new UnreadableError("文件已损坏", err);
  }
}

function entriesOf(zip: ZipFile): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    zip.on("entry", (entry: Entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.once("end", () => resolve(entries));
    zip.once("error", reject);
    zip.readEntry();
  });
}

function tooLarge(): UnreadableError {
  return new UnreadableError("解压后的内容过大");
}
