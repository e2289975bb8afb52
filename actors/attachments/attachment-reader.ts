import type { Logger } from "../../infra/log.ts";
import { fetchOutbound } from "../../infra/outbound-http.ts";
import type { Settings } from "../../schemas/config.ts";
import { fileIdOfUrl } from "../../schemas/documents/file.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Attachment } from "../../schemas/wire/client-frame.ts";
import type { DocumentReader } from "../extraction/document-reader.ts";
import type { UserFiles } from "../files/user-files.ts";
import type { PictureReader } from "../images/picture-reader.ts";
import { persist } from "../storage/persist.ts";
import { textOf } from "./attached-text.ts";
import type { PreparedAttachment } from "./prepared-attachment.ts";
import { PreparedCache } from "./prepared-cache.ts";

const timeoutMs = 15_000;
const dataUriPattern = /^data:image\/[\w.+-]+;base64,/i;

interface ReadOptions {
  user: string;
  name: string;
  sees: boolean;
  signal: AbortSignal;
}

interface ReaderContext {
  files: Pick<UserFiles, "find" | "bytes" | "open">;
  reader: Pick<DocumentReader, "read">;
  pictures: Pick<PictureReader, "reduced" | "described">;
  settings: Pick<Settings, "allowPrivateUrls" | "limits">;
  log: Logger;
}

/** Reads the attachments of messages: uploaded files, inline pictures and pictures by URL. */
export class AttachmentReader {
  readonly #context: ReaderContext;
  readonly #cache: PreparedCache;

  constructor(context: ReaderContext) {
    this.#context = context;
    this.#cache = new PreparedCache(context.settings.limits.shownCacheBytes);
  }

  /**
   * Prepares an attachment for a model; `unreadable` when it can't be loaded. `sees`: the model takes images.
   * @throws the signal's reason
   */
  async read(
    user: string,
    attachment: Attachment,
    sees: boolean,
    signal: AbortSignal,
  ): Promise<PreparedAttachment> {
    const name = attachment.filename ?? "";
    try {
      return await this.#read(user, attachment, { user, name, sees, signal });
    } catch (err) {
      if (signal.aborted) throw signal.reason;
      this.#context.log.info({ err, user, file: attachment.file_id }, "attachment not readable");
      return { kind: "unreadable", name };
    }
  }

  async #read(
    user: string,
    { file_id, url = "" }: Attachment,
    options: ReadOptions,
  ): Promise<PreparedAttachment> {
    const id = file_id ?? fileIdOfUrl(url);
    if (id !== undefined) return this.#file(user, id, options);
    if (/^https?:\/\//i.test(url)) return this.#picture(() => this.#fetch(url, options.signal), options);
    const head = dataUriPattern.exec(url)?.[0];
    if (head === undefined) return { kind: "unreadable", name: options.name };
    return this.#picture(async () => Buffer.from(url.slice(head.length), "base64"), options);
  }

  async #file(user: string, id: string, options: ReadOptions): Promise<PreparedAttachment> {
    const { files, log, settings } = this.#context;
    const file = await persist(log, "attachment", () => files.find(user, id));
    if (file === null) return { kind: "unreadable", name: options.name };
    const { filename: name, mime_type: type } = file;
    const key = `${file.hash}.${options.sees}`;
    const cached = this.#cache.get(key);
    if (cached !== undefined) return { ...cached, name };
    const text = await textOf(this.#context, file, options.signal);
    if (text !== null) return this.#cache.put(key, { kind: "text", name, ...text });
    if (!type.startsWith("image/")) return { kind: "other", name, type };
    const bytes = () => persist(log, "attachment", () => files.bytes(file, settings.limits.uploadBytes));
    return this.#cache.put(key, await this.#picture(bytes, { ...options, name }));
  }

  async #picture(
    read: () => Promise<Buffer>,
    { user, name, sees, signal }: ReadOptions,
  ): Promise<PreparedAttachment> {
    const { pictures } = this.#context;
    const call = { user, read, signal };
    if (sees) return { kind: "image", name, dataUri: await pictures.reduced(call) };
    return { kind: "described", name, words: await pictures.described(call) };
  }

  async #fetch(url: string, signal: AbortSignal): Promise<Buffer> {
    const { settings } = this.#context;
    const request = { url, maxBytes: settings.limits.imageUploadBytes, timeoutMs, signal };
    const { status, body } = await fetchOutbound(request, settings);
    if (status !== 200) throw new ParleyError("invalid_image", { error: `图片地址返回 ${status}` });
    return body;
  }
}
