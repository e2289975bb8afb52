import { isSameSecret } from "../../../../infra/same-secret.ts";
import { ParleyError } from "../../../../schemas/errors.ts";
import { telegramUpdateSchema } from "../../../../schemas/wire/telegram.ts";
import type { Caller } from "../../../admission/admission.ts";
import type { Exchange } from "../../../http/exchange.ts";
import type { RequestHead } from "../../../http/request-head.ts";
import type { Services } from "../../../services.ts";
import type { Inbound } from "../inbound.ts";
import { Outbound } from "../outbound.ts";
import { TelegramAlbums } from "./telegram-albums.ts";
import { TelegramBot } from "./telegram-bot.ts";

/** Registers Telegram's webhook and sends queued replies. Returns its close function. */
export function addTelegram(services: Services, inbound: Inbound): () => Promise<void> {
  const { router, settings } = services;
  const token = settings.telegramBotToken;
  const bot = token === undefined ? undefined : new TelegramBot(services, token);
  const albums = new TelegramAlbums(async (messages) => {
    const one = await bot?.inboundOf(messages);
    if (bot !== undefined && one !== undefined) await inbound.take(bot, one);
  });
  for (const path of ["/webhook/telegram", "/api/v1/webhook/telegram"]) {
    const handler = async (exchange: Exchange, _: Caller, body: unknown) => {
      if (bot === undefined) throw new ParleyError("not_found", { hint: "TELEGRAM_BOT_TOKEN 未设置" });
      const { message } = telegramUpdateSchema.parse(body);
      // Telegram redelivers an update after a 503.
      if (message !== undefined) await albums.add(message);
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
  if (secret !== undefined && given !== undefined && isSameSecret(given, secret)) return;
  throw new ParleyError("unauthorized", { error: "Webhook 密钥无效", hint: "检查 TELEGRAM_WEBHOOK_SECRET" });
}
