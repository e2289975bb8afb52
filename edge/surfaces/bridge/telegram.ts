import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { ParleyError } from "../../../schemas/errors.ts";
import type { Attachment } from "../../../schemas/wire/client-frame.ts";
import { type TelegramMessage, telegramUpdateSchema } from "../../../schemas/wire/telegram.ts";
import type { Caller } from "../../admission/admission.ts";
import type { Exchange } from "../../http/exchange.ts";
import type { RequestHead } from "../../http/request-head.ts";
import type { Services } from "../../services.ts";
import type { Bridge, Delivery, InboundMessage, OutboundText } from "./bridge.ts";
import type { Inbound } from "./inbound.ts";
import { Outbound } from "./outbound.ts";
import { NotConnected, TelegramApi } from "./telegram-api.ts";

/** Largest photo that is taken, bytes; Telegram offers each in several sizes. */
const photoBytes = 5 * 1024 * 1024;

/** Registers Telegram's webhook and sends what waits for its chats. Answers how to end it. */
export function addTelegram(services: Services, inbound: Inbound): () => Promise<void> {
  const { router, settings } = services;
  const token = settings.telegramBotToken;
  const bot = token === undefined ? undefined : new TelegramBot(services, token);
  for (const path of ["/webhook/telegram", "/api/v1/webhook/telegram"]) {
    const handler = async (exchange: Exchange, _: Caller, body: unknown) => {
      if (bot === undefined) throw new ParleyError("not_found", { hint: "TELEGRAM_BOT_TOKEN 未设置" });
      const { message } = telegramUpdateSchema.parse(body);
      const one = message === undefined ? undefined : await bot.inboundOf(message);
      // An answer of 503 makes Telegram send the update again.
      if (one !== undefined) await inbound.take(bot, one);
      exchange.json(200, { ok: true });
    };
    const authorize = (head: RequestHead): Caller => {
      requireSecret(head, settings.telegramWebhookSecret);
      return { principal: null, holder: "webhook:telegram" };
    };
    router.route({ method: "POST", path, authorize, body: "json", handler });
  }
  const outbound = bot === undefined ? undefined : new Outbound(services, bot, bot.self).start();
  return async () => outbound?.stop();
}

function requireSecret(head: RequestHead, secret: string | undefined): void {
  const given = head.headers.get("x-telegram-bot-api-secret-token");
  const digest = (text: string) => createHash("sha256").update(text).digest();
  if (secret !== undefined && given !== undefined && timingSafeEqual(digest(given), digest(secret))) return;
  throw new ParleyError("unauthorized", { error: "Webhook 密钥无效", hint: "检查 TELEGRAM_WEBHOOK_SECRET" });
}

/** One Telegram bot. */
class TelegramBot implements Bridge {
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

  /** A message as a bridge hands it on; undefined when there is nothing in it to answer. */
  async inboundOf(message: TelegramMessage): Promise<InboundMessage | undefined> {
    const { chat, from, message_id } = message;
    const kind = chat.type === "private" ? "private" : "group";
    const said = message.text ?? message.caption ?? "";
    if (from === undefined || from.is_bot === true || (said === "" && message.photo === undefined))
      return undefined;
    const name = kind === "group" ? await this.#username() : this.#name;
    const mention = name === undefined ? undefined : new RegExp(`@${name}\\b`, "gi");
    const quoted = String(message.reply_to_message?.from?.id ?? "") === this.self;
    const addressed = kind === "private" || quoted || (mention?.test(said) ?? false);
    return {
      address: {
        platform: "telegram",
        self: this.self,
        kind,
        chat: String(chat.id),
        sender: String(from.id),
        message: String(message_id),
      },
      id: `tg_${this.self}_${chat.id}_${message_id}`,
      text: mention === undefined ? said : said.replace(mention, "").trim(),
      attachments: addressed ? await this.#photo(message) : [],
      addressed,
    };
  }

  async send({ address, text, first }: OutboundText): Promise<Delivery> {
    const quote = { message_id: Number(address.message), allow_sending_without_reply: true };
    try {
      const answer = await this.#api.call("sendMessage", {
        chat_id: Number(address.chat),
        text,
        ...(first && { reply_parameters: quote }),
      });
      if (answer.ok) return { kind: "sent" };
      const reason = `${answer.error_code ?? ""} ${answer.description ?? ""}`.trim();
      const after = answer.parameters?.retry_after;
      return { kind: "refused", reason, ...(after !== undefined && { retryAfterMs: after * 1000 }) };
    } catch (err) {
      return { kind: err instanceof NotConnected ? "unsent" : "unknown" };
    }
  }

  async #username(): Promise<string | undefined> {
    if (this.#name !== undefined) return this.#name;
    try {
      const { result } = await this.#api.call("getMe", {});
      this.#name = z.object({ username: z.string().regex(/^\w+$/) }).parse(result).username;
    } catch (err) {
      this.#services.log.warn({ err }, "name of the Telegram bot not known");
    }
    return this.#name;
  }

  async #photo({ photo }: TelegramMessage): Promise<Attachment[]> {
    const sizes = (photo ?? []).filter(({ file_size = 0 }) => file_size <= photoBytes);
    const best = sizes.toSorted((a, b) => (b.file_size ?? 0) - (a.file_size ?? 0))[0];
    if (best === undefined) return [];
    try {
      const { result } = await this.#api.call("getFile", { file_id: best.file_id });
      const { file_path } = z.object({ file_path: z.string() }).parse(result);
      const bytes = await this.#api.file(file_path, photoBytes);
      if (bytes === undefined) return [];
      const kind = file_path.endsWith(".png") ? "png" : "jpeg";
      return [{ type: "image", url: `data:image/${kind};base64,${bytes.toString("base64")}` }];
    } catch (err) {
      this.#services.log.warn({ err }, "photo of a Telegram message not read");
      return [];
    }
  }
}
