import test from "ava";
import fc from "fast-check";
import { type IncomingFile, readMultipart } from "../../../edge/http/multipart.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { within } from "../../_kit/judge/waiting.ts";

const bounds = { files: ["file"], maxFileBytes: 100_000, maxFields: 8, maxFieldBytes: 1_000 };
const type = "multipart/form-data; boundary=edge";

function form(bytes: Buffer, note: string): Buffer {
  const head =
    `--edge\r\nContent-Disposition: form-data; name="note"\r\n\r\n${note}\r\n` +
    '--edge\r\nContent-Disposition: form-data; name="file"; filename="图.bin"\r\nContent-Type: Image/PNG; x=y\r\n\r\n';
  return Buffer.concat([Buffer.from(head), bytes, Buffer.from("\r\n--edge--\r\n")]);
}

/** The body in pieces that end at these shares of it. */
async function* pieces(body: Buffer, cuts: number[]): AsyncGenerator<Buffer> {
  const ends = [...cuts.map((share) => Math.floor(share * body.length)), body.length].sort((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    if (end > from) yield body.subarray(from, end);
    from = end;
  }
}

async function collect({ bytes, filename, type }: IncomingFile) {
  const parts: Buffer[] = [];
  for await (const part of bytes) parts.push(part as Buffer);
  return { bytes: Buffer.concat(parts), filename, type, cut: bytes.truncated };
}

// Bytes in which beginnings of the boundary are common, and the boundary itself is not: no client may send that.
const content = fc
  .array(
    fc.oneof(
      fc.constantFrom("\r\n--edge", "\r\n--edg", "\r", "--edge--", "\r\n\r\n"),
      fc.string(),
      fc.string(),
    ),
    {
      maxLength: 40,
    },
  )
  .map((parts) => Buffer.from(["x", ...parts].join("").replaceAll("\r\n--edge", "\r\n--edgy")));
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

test("a file comes out as it went in, wherever the pieces of the body end", async (t) => {
  await fc.assert(
    fc.asyncProperty(content, cuts, async (bytes, at) => {
      const read = await readMultipart(type, pieces(form(bytes, "注 note"), at), bounds, collect);
      const { file } = read.files;
      if (file === undefined) return false;
      const { filename, type: kind, cut } = file;
      const said = read.fields.note === "注 note" && filename === "图.bin" && kind === "image/png" && !cut;
      return said && file.bytes.equals(bytes);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test("a body that ends anywhere before its end is refused, and its file is not taken for whole", async (t) => {
  const body = form(Buffer.alloc(3_000, "x"), "note");
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: body.length - 6 }), cuts, async (end, at) => {
      const whole: boolean[] = [];
      const reading = readMultipart(type, pieces(body.subarray(0, end), at), bounds, async (file) => {
        await collect(file);
        whole.push(true);
      });
      const error = await t.throwsAsync(within(reading, 5_000, "an end"), { instanceOf: ParleyError });
      t.is((error as ParleyError).errorType, "invalid_request");
      t.true(whole.length === 0 || end > body.length - 14, `at ${end}`);
    }),
    { numRuns: 200 },
  );
});

test("a body that breaks off, and a store that fails, end both", async (t) => {
  const body = form(Buffer.alloc(90_000, "x"), "note");
  async function* broken(): AsyncGenerator<Buffer> {
    yield body.subarray(0, 50_000);
    throw new ParleyError("invalid_request", { error: "gone" });
  }
  let seen: unknown;
  const reading = readMultipart(type, broken(), bounds, (file) =>
    collect(file).catch((cause: unknown) => {
      seen = cause;
      throw cause;
    }),
  );
  await t.throwsAsync(within(reading, 5_000, "an end"), { message: "gone" });
  t.true(seen instanceof Error);
  const full = readMultipart(type, pieces(body, [0.2, 0.4]), bounds, async () => {
    throw new Error("disk full");
  });
  await t.throwsAsync(within(full, 5_000, "an end"), { message: "disk full" });
});

test("a form has bounds", async (t) => {
  const field = (name: string, value: string) =>
    `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const bodies = [
    field("note", "x".repeat(1_001)),
    Array.from({ length: 9 }, (_, i) => field(`n${i}`, "x")).join(""),
  ];
  for (const text of bodies) {
    const reading = readMultipart(type, pieces(Buffer.from(`${text}--edge--\r\n`), []), bounds, collect);
    const error = await t.throwsAsync(reading, { instanceOf: ParleyError });
    t.is((error as ParleyError).errorType, "payload_too_large");
  }
  const proto = `${field("__proto__", "x")}${field("constructor", "y")}--edge--\r\n`;
  const { fields } = await readMultipart(type, pieces(Buffer.from(proto), []), bounds, collect);
  t.deepEqual(Object.keys(fields), ["__proto__", "constructor"]);
  t.is(Object.getPrototypeOf(fields), Object.prototype);
});
