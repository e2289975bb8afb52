import { ParleyError } from "../../../schemas/errors.ts";
import {
  type FeishuMessage,
  feishuChallengeSchema,
  feishuMessageEventSchema,
  feishuQuotedSchema,
} from "../../../schemas/wire/feishu.ts";
import type { Caller } from "../../admission/admission.ts";
import type { Exchange } from "../../http/exchange.ts";
import type { Services } from "../../services.ts";
import type { Bridge, Delivery, InboundMessage, OutboundText } from "./bridge.ts";
import { idOf } from "./chat-names.ts";
import { FeishuApi, type FeishuApp } from "./feishu-api.ts";
import { readFeishuCallback } from "./feishu-callback.ts";
import { type FeishuContent, type FeishuResource, feishuContent, withMentions } from "./feishu-content.ts";
import type { Inbound } from "./inbound.ts";
import { Outbound } from "./outbound.ts";
import { quotation, withQuotation } from "./quotation.ts";
import { spokenText } from "./spoken-text.ts";

/** Registers Feishu's event callback and sends queued replies. Returns its close function. */
export function addFeishu(services: Services, inbound: Inbound): () => Promise<void> {
  const { router, settings } = services;
  const { feishuAppId: id, feishuAppSecret: secret, feishuEncryptKey: encryptKey, feishuApiUrl } = settings;
  const app = id === undefined || secret === undefined ? undefined : { id, secret, apiUrl: feishuApiUrl };
  const bot = app === undefined ? undefined : new FeishuBot(services, app);
  for (const path of ["/webhook/feishu", "/api/v1/webhook/feishu"]) {
    const handler = async (exchange: Exchange, _: Caller, body: Buffer) => {
      if (bot === undefined || encryptKey === undefined)
        throw new ParleyError("not_found", { hint: "FEISHU_APP_ID 或 FEISHU_ENCRYPT_KEY 未设置" });
      const callback = readFeishuCallback(exchange.head, body, encryptKey);
      const challenge = feishuChallengeSchema.safeParse(callback).data?.challenge;
      if (challenge !== undefined) return exchange.json(200, { challenge });
      const one = feishuMessageEventSchema.safeParse(callback);
      // Feishu redelivers an event after a 503; unused event types are acknowledged.
      if (one.success) await bot.take(one.data.event, inbound);
      exchange.json(200, {});
    };
    router.route({ method: "POST", path, body: "bytes", handler });
  }
  const outbound = bot === undefined ? undefined : new Outbound(services, bot, bot.self).start();
  return async () => outbound?.stop();
}

type MessageEvent = {
  sender: { sender_id: { open_id: string }; sender_type: string };
  message: FeishuMessage;
};

/** One Feishu app with its bot. */
class FeishuBot implements Bridge {
  readonly platform = "feishu";
  /** The app's id: the bot's own id is known only after a request. */
  readonly self: string;
  readonly #api: FeishuApi;
  readonly #services: Services;

  constructor(services: Services, app: FeishuApp) {
    this.self = app.id;
    this.#api = new FeishuApi(app, services.settings.limits.bridgeCallMs);
    this.#services = services;
  }

  async take({ sender, message }: MessageEvent, inbound: Inbound): Promise<void> {
    if (sender.sender_type !== "user") return;
    await inbound.take(this, await this.#inboundOf(message, sender.sender_id.open_id));
  }

  /** A repeat with the same `uuid` is shown once within an hour, so unknown results are retried. */
  async send({ address, text, key }: OutboundText): Promise<Delivery> {
    const result = await this.#api.reply(address.message, {
      msg_type: "text",
      content: JSON.stringify({ text }),
      uuid: key,
      ...(address.thread !== undefined && { reply_in_thread: true }),
    });
    if (result.kind === "done") return { kind: "sent" };
    if (result.kind === "refused") return result;
    return result.afterMs === undefined ? { kind: "unsent" } : { kind: "later", afterMs: result.afterMs };
  }

  async #inboundOf(message: FeishuMessage, sender: string): Promise<InboundMessage> {
    const { message_id, chat_id, chat_type, thread_id, parent_id, message_type, mentions } = message;
    const kind = chat_type === "p2p" ? "private" : "group";
    const self = kind === "group" ? await this.#ownId() : undefined;
    const content = feishuContent(message_type, message.content);
    const text = withMentions(content.text, mentions, self);
    const mentioned = (mentions ?? []).some(({ id }) => id.open_id === self);
    const base: InboundMessage = {
      address: {
        platform: "feishu",
        self: this.self,
        kind,
        chat: chat_id,
        sender,
        message: message_id,
        ...(thread_id !== undefined && thread_id !== "" && { thread: thread_id }),
      },
      id: idOf("feishu_", message_id),
      text,
      attachments: [],
      unreadable: content.unreadable,
      addressed: kind === "private" || mentioned,
    };
    const quotes = parent_id === "" || text.startsWith("/") ? undefined : parent_id;
    return { ...base, complete: (user) => this.#complete(base, content, { user, quotes }) };
  }

  /** Loads the message's media, speech and quotation; called when it is next in its chat. */
  async #complete(
    base: InboundMessage,
    { images, files, speech }: FeishuContent,
    { user, quotes }: { user: string; quotes: string | undefined },
  ): Promise<InboundMessage> {
    const from = base.address.message;
    const said = await Promise.all(
      speech.map((one) =>
        spokenText(this.#services, user, async () => (await this.#resource(from, one, "file"))?.bytes),
      ),
    );
    const attachments: InboundMessage["attachments"] = [];
    const missing: string[] = [];
    for (const [type, resources] of [
      ["image", images],
      ["file", files],
    ] as const) {
      for (const one of resources) {
        const read = await this.#resource(from, one, type);
        if (read === undefined)
          missing.push(type === "image" ? "[图片无法读取]" : `[文件无法读取: ${one.name}]`);
        else {
          const url = `data:${read.type || "application/octet-stream"};base64,${read.bytes.toString("base64")}`;
          attachments.push({ type, url, ...(type === "file" && { filename: one.name }) });
        }
      }
    }
    const text = [base.text, ...said, ...missing].filter((part) => part !== "").join("\n");
    const quoted = quotes === undefined ? undefined : await this.#quoted(quotes);
    if (quoted === undefined) return { ...base, text, attachments };
    return { ...base, text: withQuotation(quoted, text), attachments, quotesOthers: true };
  }

  async #quoted(messageId: string): Promise<string | undefined> {
    try {
      const { data } = await this.#api.message(messageId, feishuQuotedSchema);
      const [item] = data.items;
      if (item === undefined) return undefined;
      const { text, images, files, unreadable } = feishuContent(item.msg_type, item.body.content);
      const kinds = [...images.map(() => "[图片]"), ...files.map(({ name }) => `[文件 ${name}]`)];
      const shown = [text, ...kinds, ...unreadable.map((kind) => `[${kind}]`)].filter((part) => part !== "");
      return quotation(item.sender.id, shown.join("\n"));
    } catch (err) {
      this.#services.log.info({ err, message: messageId }, "quoted Feishu message not loaded");
      return undefined;
    }
  }

  async #resource(messageId: string, { key }: FeishuResource, type: "image" | "file") {
    try {
      return await this.#api.resource(messageId, key, type, this.#services.settings.limits.uploadBytes);
    } catch (err) {
      this.#services.log.warn({ err, message: messageId }, "Feishu file not downloaded");
      return undefined;
    }
  }

  async #ownId(): Promise<string | undefined> {
    try {
      return await this.#api.self();
    } catch (err) {
      this.#services.log.warn({ err, app: this.self }, "Feishu bot id not available");
      return undefined;
    }
  }
}
