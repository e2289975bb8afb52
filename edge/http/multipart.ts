import { Busboy, type BusboyFileStream, type BusboyInstance } from "@fastify/busboy";
import { ParleyError } from "../../schemas/errors.ts";

/** A file of a form as a stream: the client's metadata, and its bytes, which must be consumed. */
export interface IncomingFile {
  field: string;
  filename: string;
  /** Lower case, without parameters. */
  type: string;
  bytes: BusboyFileStream;
}

/** What a form may contain. */
export interface FormBounds {
  /** File fields; others are ignored. */
  files: readonly string[];
  maxFileBytes: number;
  maxFields: number;
  maxFieldBytes: number;
}

/** A parsed form: its text fields, and the results of storing its files. */
export interface Form<T> {
  fields: Record<string, string>;
  files: Record<string, T>;
}

/**
 * Reads `multipart/form-data` with backpressure from `store`.
 * @throws ParleyError `invalid_request` for anything that is not such a form or has a file twice,
 * `payload_too_large` when over its limits, and any error of `store` or the body; streams of files still open
 * are then destroyed with the error
 */
export async function readMultipart<T>(
  contentType: string,
  body: AsyncIterable<Buffer>,
  bounds: FormBounds,
  store: (file: IncomingFile) => Promise<T>,
): Promise<Form<T>> {
  const parser = parserOf(contentType, bounds);
  const form: Form<T> = { fields: {}, files: {} };
  const seen = new Set<string>();
  const open = new Set<BusboyFileStream>();
  const work: Promise<void>[] = [];
  let fail: (cause: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  const complete = new Promise<void>((resolve) => parser.once("finish", resolve));
  parser.on("error", (cause: unknown) => fail(malformed(cause)));
  for (const limit of ["partsLimit", "filesLimit", "fieldsLimit"] as const)
    parser.on(limit, () => fail(new ParleyError("payload_too_large", { error: "表单字段过多" })));
  parser.on("field", (name, value, nameCut, valueCut) => {
    if (nameCut || valueCut) fail(new ParleyError("payload_too_large", { error: `表单字段过大: ${name}` }));
    else set(form.fields, name, value);
  });
  parser.on("file", (field, bytes, filename, _encoding, type) => {
    // `store` gets the error from the file's stream.
    bytes.on("error", () => {});
    if (!bounds.files.includes(field)) return void bytes.resume();
    if (seen.has(field))
      return fail(new ParleyError("invalid_request", { error: `请求参数错误: ${field} 只能有一个文件` }));
    seen.add(field);
    open.add(bytes);
    const plainType = (type.split(";")[0] ?? "").trim().toLowerCase();
    // busboy also reports a part of type application/octet-stream as a file without a name; its typings omit
    // that.
    const name = (filename as string | undefined) ?? "";
    const stored = store({ field, filename: name, type: plainType, bytes }).then((value) => {
      set(form.files, field, value);
    });
    work.push(stored.catch(fail).finally(() => open.delete(bytes)));
  });
  try {
    for await (const part of body) await Promise.race([written(parser, part), failed]);
    parser.end();
    await Promise.race([complete, failed]);
    await Promise.race([Promise.all(work), failed]);
    return form;
  } catch (cause) {
    for (const bytes of open) bytes.destroy(new Error("form aborted", { cause }));
    await Promise.all(work);
    throw cause;
  }
}

function parserOf(
  contentType: string,
  { maxFileBytes, maxFields, maxFieldBytes }: FormBounds,
): BusboyInstance {
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      limits: {
        fieldNameSize: 200,
        fieldSize: maxFieldBytes,
        fields: maxFields,
        files: maxFields,
        parts: 2 * maxFields,
        fileSize: maxFileBytes,
        headerPairs: 32,
      },
    });
  } catch (cause) {
    throw malformed(cause);
  }
}

function written(parser: BusboyInstance, part: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.write(part, (err) => (err ? reject(malformed(err)) : resolve()));
  });
}

function malformed(cause: unknown): ParleyError {
  if (cause instanceof ParleyError) return cause;
  return new ParleyError("invalid_request", { error: "请求体不是有效的 multipart/form-data", cause });
}

/** A field name may equal a name on Object.prototype. */
function set<T>(record: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
}
