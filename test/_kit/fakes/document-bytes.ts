/** A page of a generated PDF: its raw content stream and its filter. */
export interface PageStream {
  content: Buffer | string;
  filter?: string;
  extra?: string;
}

/** Objects that {@link pdfOf} adds, by number; the page resources name fonts in them. */
export interface PdfParts {
  /** Entries of the pages' `/Font` dictionary. */
  fonts?: string;
  /** Additional objects, numbered from 100. */
  objects?: (string | Buffer)[];
  /** Additional page entries, such as `/Annots [100 0 R]`. */
  page?: string;
  /** Additional catalog entries. */
  catalog?: string;
}

/** Builds a PDF of these pages; font /F1 is Helvetica. */
export function pdfOf(pages: readonly PageStream[], parts: PdfParts = {}): Buffer {
  const fonts = `/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> ${parts.fonts ?? ""}`;
  const objects = new Map<number, Buffer>();
  const put = (number: number, text: string | Buffer) =>
    objects.set(number, Buffer.from(text as string, "latin1"));
  put(1, `<< /Type /Catalog /Pages 2 0 R ${parts.catalog ?? ""} >>`);
  put(
    2,
    `<< /Type /Pages /Kids [${pages.map((_, i) => `${10 + 2 * i} 0 R`).join(" ")}] /Count ${pages.length} >>`,
  );
  for (const [i, { content, filter, extra = "" }] of pages.entries()) {
    const data = Buffer.from(content as string, "latin1");
    put(
      10 + 2 * i,
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${11 + 2 * i} 0 R ${parts.page ?? ""} /Resources << /Font << ${fonts} >> >> >>`,
    );
    const head = `<< /Length ${data.length} ${filter === undefined ? "" : `/Filter ${filter}`} ${extra} >>\nstream\n`;
    objects.set(11 + 2 * i, Buffer.concat([Buffer.from(head), data, Buffer.from("\nendstream")]));
  }
  for (const [i, object] of (parts.objects ?? []).entries()) put(100 + i, object);
  const out: Buffer[] = [Buffer.from("%PDF-1.7\n")];
  const offsets = new Map<number, number>();
  let at = out[0]?.length ?? 0;
  for (const [number, body] of objects) {
    const object = Buffer.concat([Buffer.from(`${number} 0 obj\n`), body, Buffer.from("\nendobj\n")]);
    offsets.set(number, at);
    out.push(object);
    at += object.length;
  }
  const size = Math.max(...objects.keys()) + 1;
  const rows = Array.from({ length: size }, (_, number) => {
    const offset = offsets.get(number);
    return offset === undefined ? "0000000000 65535 f \n" : `${String(offset).padStart(10, "0")} 00000 n \n`;
  });
  out.push(
    Buffer.from(
      `xref\n0 ${size}\n${rows.join("")}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${at}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(out);
}

/** A member of a generated ZIP file. `claimed`: the uncompressed size in its headers. */
export interface ZipMember {
  name: string;
  data: Buffer | string;
  deflated?: boolean;
  claimed?: number;
}

/** Builds a ZIP file of these members. */
export function zipOf(members: readonly ZipMember[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, data, deflated = false, claimed } of members) {
    const [path, bytes] = [Buffer.from(name), Buffer.from(data as string)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2);
    common.writeUInt16LE(deflated ? 8 : 0, 4);
    common.writeUInt32LE(deflated ? 0 : checksum(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(claimed ?? bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    locals.push(Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, path, bytes]));
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, tail, path]));
    at += locals.at(-1)?.length ?? 0;
  }
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(
    directory.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, ...directory, end]);
}

function checksum(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
