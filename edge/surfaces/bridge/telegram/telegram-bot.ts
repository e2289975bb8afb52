import { z } from "zod";
import type { BridgeAddress } from "../../../../schemas/documents/bridge.ts";
import type { Attachment } from "../../../../schemas/wire/client-frame.ts";
import type { TelegramAnswer, TelegramFile, TelegramMessage } from "../../../../schemas/wire/telegram.ts";
import type { Services } from "../../../services.ts";
import type { Bridge, Delivery, InboundMessage, OutboundText } from "../bridge.ts";
import { quotation, withQuotation } from "../quotation.ts";
import { spokenText } from "../spoken-text.ts";
import { NotConnected, TelegramApi } from "./telegram-api.ts";
import { type Content, contentOf, describe, fileBytes, joined } from "./telegram-content.ts";
import { telegramHtml } from "./telegram-markup.ts";

/** Maximum images of one message. */
const mostImages = 10;

/** One Telegram bot: messages arrive by the webhook, replies are sent by the Bot API. */
export class TelegramBot implements Bridge {
  readonly platform = "telegram";
  /** The bot's id is the first part of its token. */
  readonly self: string;
  readonly #api: TelegramApi;
  readonly #services: Services;
  #name: string | undefined;

  constructor(services: Services, token: string) {
    const { telegramApiUrl, limits } = services.settings;
    this.self = /^(\d+):/.exec(token)?.[1] ?? "0";
    this.#api = new TelegramApi(telegramApiUrl, token, limits.bridgeCallMs);
    this.#services = services;
  }

  /** Converts the messages of an album, or a single one; undefined without user content. */
  async inboundOf(messages: readonly TelegramMessage[]): Promise<InboundMessage | undefined> {
    const contents = messages.map(contentOf).filter((content) => content !== null);
    const [first] = messages;
    if (first?.from === undefined || first.from.is_bot === true || contents.length === 0) return undefined;
    const content = joined(contents);
    const kind = first.chat.type === "private" ? "private" : "group";
    const name = kind === "group" ? await this.#username() : this.#name;
    const mention = name === undefined ? undefined : new RegExp(`@${name}\\b`, "gi");
    const answered = answeredBy(first);
    const mentioned = mention?.test(content.text) ?? false;
    const text = mention === undefined ? content.text : content.text.replace(mention, "").trim();
    const quoted = text.startsWith("/") ? undefined : quotationOf(first, answered);
    return {
      address: this.#addressOf(first, kind, first.from.id),
      id: `tg_${this.self}_${first.chat.id}_${first.media_group_id ?? first.message_id}`,
      text,
      attachments: [],
      unreadable: content.unreadable,
      addressed: kind === "private" || mentioned || String(answered?.from?.id ?? "") === this.self,
      complete: (user) => this.#complete({ user, content, quoted, text, first, kind }),
    };
  }

  /**
   * Sends a part: formatted, or plain when Telegram can't parse the formatting; to the chat's new id after a
   * migration.
   */
  async send(text: OutboundText): Promise<Delivery> {
    try {
      const html = telegramHtml(text.text);
      let answer = await this.#send(text, html);
      if (html !== undefined && isUnreadable(answer)) answer = await this.#send(text, undefined);
      const moved = answer.parameters?.migrate_to_chat_id;
      if (!answer.ok && moved !== undefined) answer = await this.#send(text, html, moved);
      if (answer.ok) return { kind: "sent" };
      const after = answer.parameters?.retry_after;
      if (after !== undefined) return { kind: "later", afterMs: after * 1_000 };
      if ((answer.error_code ?? 0) >= 500) return { kind: "unknown" };
      return { kind: "refused", reason: `${answer.error_code ?? ""} ${answer.description ?? ""}`.trim() };
    } catch (err) {
      return { kind: err instanceof NotConnected ? "unsent" : "unknown" };
    }
  }

  #send({ address, text, first }: OutboundText, html: string | undefined, chat?: number) {
    const quote = { message_id: Number(address.message), allow_sending_without_reply: true };
    return this.#api.call("sendMessage", {
      chat_id: chat ?? Number(address.chat),
      text: html ?? text,
      ...(html !== undefined && { parse_mode: "HTML" }),
      ...(address.thread !== undefined && { message_thread_id: Number(address.thread) }),
      ...(first && chat === undefined && { reply_parameters: quote }),
    });
  }

  #addressOf(message: TelegramMessage, kind: BridgeAddress["kind"], sender: number): BridgeAddress {
    const { chat, message_id, message_thread_id, is_topic_message } = message;
    const thread = is_topic_message === true ? message_thread_id : undefined;
    return {
      platform: "telegram",
      self: this.self,
      kind,
      chat: String(chat.id),
      sender: String(sender),
      message: String(message_id),
      ...(thread !== undefined && { thread: String(thread) }),
    };
  }

  /** Loads the message's media, speech and quotation; called when it is next in its chat. */
  async #complete(of: Completion): Promise<InboundMessage> {
    const { user, content, quoted, first, kind } = of;
    const said = await Promise.all(
      content.speech.map((file) =>
        spokenText(this.#services, user, async () => (await this.#file(file))?.bytes),
      ),
    );
    const attachments: Attachment[] = [];
    const missing: string[] = [];
    for (const file of content.images.slice(0, mostImages)) {
      const image = await this.#file(file);
      if (image === undefined) missing.push("[图片无法读取]");
      else attachments.push({ type: "image", url: dataUri(imageType(file, image.path), image.bytes) });
    }
    for (const file of content.files) {
      const { file_name = "file", mime_type = "application/octet-stream" } = file;
      const read = await this.#file(file);
      if (read === undefined) missing.push(`[文件无法读取: ${file_name}]`);
      else attachments.push({ type: "file", filename: file_name, url: dataUri(mime_type, read.bytes) });
    }
    const text = [of.text, ...said, ...missing].filter((part) => part !== "").join("\n");
    return {
      address: this.#addressOf(first, kind, first.from?.id ?? 0),
      id: `tg_${this.self}_${first.chat.id}_${first.media_group_id ?? first.message_id}`,
      text: quoted === undefined ? text : withQuotation(quoted, text),
      ...(quoted !== undefined && { quotesOthers: true as const }),
      attachments,
      unreadable: content.unreadable,
      addressed: true,
    };
  }

  async #username(): Promise<string | undefined> {
    if (this.#name !== undefined) return this.#name;
    try {
      const { result } = await this.#api.call("getMe", {});
      this.#name = z.object({ username: z.string().regex(/^\w+$/) }).parse(result).username;
    } catch (err) {
      this.#services.log.warn({ err, self: this.self }, "Telegram bot name not available");
    }
    return this.#name;
  }

  async #file({ file_id }: TelegramFile): Promise<{ bytes: Buffer; path: string } | undefined> {
    try {
      const { result } = await this.#api.call("getFile", { file_id });
      const { file_path: path } = z.object({ file_path: z.string() }).parse(result);
      const bytes = await this.#api.file(path, fileBytes);
      return bytes === undefined ? undefined : { bytes, path };
    } catch (err) {
      this.#services.log.warn({ err, self: this.self }, "Telegram file not downloaded");
      return undefined;
    }
  }
}

interface Completion {
  user: string;
  content: Content;
  quoted: string | undefined;
  text: string;
  first: TelegramMessage;
  kind: BridgeAddress["kind"];
}

type Answered = NonNullable<TelegramMessage["reply_to_message"]>;

/**
 * The message that is answered. In a topic every message formally answers the opening one, which is ignored.
 */
function answeredBy({ reply_to_message }: TelegramMessage): Answered | undefined {
  return reply_to_message?.forum_topic_created === undefined ? reply_to_message : undefined;
}

function quotationOf({ quote }: TelegramMessage, answered: Answered | undefined): string | undefined {
  if (answered === undefined) return undefined;
  const text = quote?.text ?? describe(contentOf(answered));
  const { first_name, username } = answered.from ?? {};
  return text === "" ? undefined : quotation(first_name ?? username, text);
}

/** Whether Telegram rejected the formatting. */
function isUnreadable({ ok, error_code, description = "" }: TelegramAnswer): boolean {
  return !ok && error_code === 400 && /parse|entit|too long/i.test(description);
}

function imageType({ mime_type }: TelegramFile, path: string): string {
  return mime_type ?? (path.endsWith(".png") ? "image/png" : "image/jpeg");
}

function dataUri(type: string, bytes: Buffer): string {
  return `data:${type};base64,${bytes.toString("base64")}`;
}
