import { mayHaveArrived, type RouteClient } from "../../infra/bus/route-client.ts";
import { assertAllowedUrl } from "../../infra/outbound-http.ts";
import type { Settings } from "../../schemas/config.ts";
import { type FileView, fileIdOfUrl } from "../../schemas/documents/file.ts";
import { fromErrorBody, ParleyError } from "../../schemas/errors.ts";
import type { Principal } from "../../schemas/principal.ts";
import { getFile, uploadFile } from "../../schemas/routes/files.ts";
import type { Attachment } from "../../schemas/wire/client-frame.ts";
import { callerOf } from "../admission/admission.ts";
import type { Budget } from "../admission/budget.ts";
import type { Uploads } from "./uploads.ts";

/** Owner and message of the attachments: the same message yields the same file ids. */
export interface AttachmentsOf {
  principal: Principal;
  session: string;
  clientMsgId: string;
}

/** Limits, and the addresses allowed in attachments. */
type AttachmentSettings = Pick<Settings, "limits" | "allowPrivateUrls">;

/** Maximum characters before the comma of a data URI. */
const dataHeadChars = 256;
const remote = /^https?:\/\//i;

/**
 * Resolves attachments of clients to references: a message carries no bytes, and only its user's own files.
 */
export class Attachments {
  readonly #rest: RouteClient;
  readonly #uploads: Uploads;
  readonly #settings: AttachmentSettings;
  readonly #budget: Budget;

  /** `budget`: for the bytes of data URIs in memory. */
  constructor(rest: RouteClient, uploads: Uploads, settings: AttachmentSettings, budget: Budget) {
    this.#budget = budget;
    this.#rest = rest;
    this.#uploads = uploads;
    this.#settings = settings;
  }

  /** Whether no attachment needs a lookup. */
  areReady(attachments: readonly Attachment[]): boolean {
    return attachments.length === 0;
  }

  /**
   * Returns the attachments as stored: own files with name, type, size and addresses; data URIs are stored as
   * files; web addresses are kept.
   * @throws ParleyError `not_found` for a file that is unknown or belongs to another user, `invalid_message`
   * for an attachment without a source, `unsupported_type`, `file_too_large`, `url_not_allowed`,
   * `rate_limited`, `storage_unavailable`
   */
  async resolve(attachments: readonly Attachment[], of: AttachmentsOf): Promise<Attachment[]> {
    const bytes = attachments.reduce((sum, { url }) => sum + (url?.length ?? 0), 0);
    const { holder } = callerOf(of.principal);
    if (!this.#budget.take(holder, bytes)) throw new ParleyError("rate_limited");
    try {
      const resolved: Attachment[] = [];
      for (const [index, one] of attachments.entries()) resolved.push(await this.#one(one, of, index));
      return resolved;
    } finally {
      this.#budget.give(holder, bytes);
    }
  }

  async #one(attachment: Attachment, of: AttachmentsOf, index: number): Promise<Attachment> {
    const { url } = attachment;
    const id = attachment.file_id ?? fileIdOfUrl(url ?? "");
    if (id !== undefined) return reference(attachment, await this.#find(of.principal, id));
    if (url !== undefined && remote.test(url)) {
      // Checked again by the actor that fetches it.
      await assertAllowedUrl(url, this.#settings);
      return attachment;
    }
    if (url?.startsWith("data:")) return reference(attachment, await this.#store(attachment, url, of, index));
    throw new ParleyError("invalid_message", {
      error: `消息格式无效: attachments.${index} 需要 file_id,或 data:、http(s): 及 /api/v1/files/… 形式的 url`,
    });
  }

  async #find(principal: Principal, id: string): Promise<FileView> {
    const params = getFile.params.parse({ id });
    const answer = await this.#rest.ask(getFile, { principal, ip: "", params, query: {}, body: {} });
    if (answer.status === 404) throw new ParleyError("not_found", { error: `附件文件不存在: ${id}` });
    if (answer.status >= 400) throw fromErrorBody(answer.body, answer.status);
    return getFile.answer.parse(answer.body);
  }

  async #store(attachment: Attachment, uri: string, of: AttachmentsOf, index: number): Promise<FileView> {
    const { type, bytes } = decode(uri, index);
    const { uploadBytes } = this.#settings.limits;
    if (bytes.length > uploadBytes) throw new ParleyError("file_too_large");
    const filename = attachment.filename ?? `attachment${extensionOf(type)}`;
    const file = await this.#uploads.put(bytes, "files", { filename, type });
    const request = {
      ...{ principal: of.principal, ip: "", params: {}, query: {}, body: { file } },
      idempotency_key: `${of.session}/${of.clientMsgId}/${index}`,
    };
    const answer = await this.#rest.ask(uploadFile, request).catch(async (cause: unknown) => {
      if (!mayHaveArrived(cause)) await this.#uploads.discard([file]);
      throw cause;
    });
    if (answer.status >= 400) throw fromErrorBody(answer.body, answer.status);
    return this.#find(of.principal, uploadFile.answer.parse(answer.body).id);
  }
}

/** Merges the client's data on its picture with the stored file's. */
function reference({ width, height, description }: Attachment, file: FileView): Attachment {
  const { id: file_id, filename, mime_type, size, url, thumbnail_url } = file;
  return {
    type: mime_type.startsWith("image/") ? "image" : "file",
    ...{ file_id, filename, mime_type, size, url },
    ...(thumbnail_url !== undefined && { thumbnail_url }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(description !== undefined && { description }),
  };
}

/** The usual extension of a media type, with its dot. */
function extensionOf(type: string): string {
  const subtype = /^[a-z]+\/([a-z0-9]+)/.exec(type)?.[1] ?? "bin";
  const usual: Record<string, string> = {
    plain: "txt",
    markdown: "md",
    jpeg: "jpg",
    mpeg: "mp3",
    octet: "bin",
  };
  return `.${usual[subtype] ?? subtype}`;
}

/** Decodes a data URI (RFC 2397). @throws ParleyError `invalid_message` */
function decode(uri: string, index: number): { type: string; bytes: Buffer } {
  const comma = uri.slice(0, dataHeadChars).indexOf(",");
  const [type = "", ...parameters] = uri.slice("data:".length, Math.max(0, comma)).split(";");
  try {
    if (comma < 0) throw new TypeError("data URI without a comma");
    const data = uri.slice(comma + 1);
    const inBase64 = parameters.at(-1)?.trim().toLowerCase() === "base64";
    if (inBase64 && /[^\w+/=\-\s]/.test(data)) throw new TypeError("invalid base64");
    const bytes = inBase64 ? Buffer.from(data, "base64") : Buffer.from(decodeURIComponent(data));
    return { type: type.trim().toLowerCase() || "text/plain", bytes };
  } catch (cause) {
    throw new ParleyError("invalid_message", {
      error: `消息格式无效: attachments.${index}.url 不是有效的 data URI`,
      cause,
    });
  }
}
