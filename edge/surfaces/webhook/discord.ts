import { ParleyError } from "../../../schemas/errors.ts";
import { parseForeignJson } from "../../../schemas/foreign-json.ts";
import { discordWebhook } from "../../../schemas/routes/webhook.ts";
import {
  type DiscordAnswer,
  type DiscordInteraction,
  discordInteractionSchema,
  discordMessageChars,
  discordTypes,
  discordUserPrefix,
} from "../../../schemas/wire/webhook.ts";
import { type Caller, stranger } from "../../admission/admission.ts";
import { checkJsonType } from "../../http/body.ts";
import type { Authorize } from "../../http/endpoint.ts";
import { toParleyError } from "../../http/error-shape.ts";
import type { Exchange } from "../../http/exchange.ts";
import type { Services } from "../../services.ts";
import { messageParts } from "../message-parts.ts";
import { DiscordApi, type InteractionAddress } from "./discord-api.ts";
import { isSignedByDiscord, signatureOf } from "./discord-signature.ts";
import { SessionTurns } from "./session-turn.ts";
import { authorizeWebhook } from "./webhook-key.ts";

/** Maximum messages per reply; the rest is cut off. */
const mostParts = 20;
/** Sent for a reply without text: Discord rejects empty messages. */
const nothing = "…";
/** Completes a deferred response whose reply this edge can't wait for. */
const interrupted = "服务正在重启，回复会保存在会话中，请稍后重试";

/**
 * Registers Discord's interactions: `/chat message:` runs a turn; a slow reply is deferred and completed
 * later. On close it waits for deferred replies for a while, then completes them with a notice.
 */
export function addDiscordWebhook(services: Services): void {
  const discord = new Discord(services);
  for (const path of [discordWebhook.path, "/webhook/discord"]) {
    services.router.route({
      method: "POST",
      path,
      authorize: authorizeDiscord(services),
      body: "bytes",
      handler: (exchange, caller, body) => discord.serve(exchange, caller, body),
    });
  }
  services.lifecycle.onStop("Discord", () => discord.end());
}

/**
 * Authenticates by the head alone: an integration by its key; else a well-formed, recent signature. It is
 * verified once the body is read, whose size is limited until then.
 */
function authorizeDiscord(services: Services): Authorize {
  const byKey = authorizeWebhook(services);
  return (head) => {
    if (head.headers.has("x-webhook-key")) return byKey(head);
    if (services.settings.discordPublicKey === undefined || signatureOf(head) === undefined)
      throw invalidSignature();
    return stranger(head.ip);
  };
}

function invalidSignature(): ParleyError {
  return new ParleyError("unauthorized", { error: "请求签名无效", hint: "检查 DISCORD_PUBLIC_KEY" });
}

class Discord {
  readonly #services: Services;
  readonly #turns: SessionTurns;
  readonly #api: DiscordApi;
  readonly #deferred = new Set<Promise<void>>();
  #giveUp: () => void = () => {};
  readonly #stopping = new Promise<string[]>((resolve) => {
    this.#giveUp = () => resolve([interrupted]);
  });

  constructor(services: Services) {
    const { settings, log } = services;
    this.#services = services;
    this.#turns = new SessionTurns(services);
    this.#api = new DiscordApi(settings.discordApiUrl, settings.limits.discordCallMs, log);
  }

  async serve(exchange: Exchange, { holder }: Caller, bytes: Buffer): Promise<void> {
    const { settings } = this.#services;
    const known = holder.startsWith("webhook:");
    if (!known && !isSignedByDiscord(exchange.head, bytes, settings.discordPublicKey))
      throw invalidSignature();
    checkJsonType(exchange.head, bytes.length === 0);
    const interaction = discordInteractionSchema.parse(parseForeignJson(bytes));
    if (interaction.type === discordTypes.ping) return answer(exchange, { type: discordTypes.pong });
    if (interaction.type !== discordTypes.command)
      throw new ParleyError("invalid_request", { error: `不支持的 interaction 类型: ${interaction.type}` });
    const message = messageOf(interaction);
    if (message === undefined)
      return say(exchange, `未知命令: /${interaction.data?.name ?? ""}，请使用 /chat message:`);
    if (message.trim() === "") return say(exchange, "消息不能为空");
    await this.#chat(exchange, interaction, message);
  }

  async #chat(exchange: Exchange, interaction: DiscordInteraction, message: string): Promise<void> {
    const to = addressOf(interaction);
    const reply = this.#reply(interaction, message);
    const parts = to === undefined ? await reply : await this.#inTime(reply);
    if (parts !== undefined) {
      say(exchange, parts[0] ?? nothing);
      if (to !== undefined) await this.#addRest(to, parts);
      return;
    }
    answer(exchange, { type: discordTypes.deferred });
    if (to === undefined) return;
    const completed = this.#complete(to, reply).finally(() => this.#deferred.delete(completed));
    this.#deferred.add(completed);
    await completed;
  }

  async #complete(to: InteractionAddress, reply: Promise<string[]>): Promise<void> {
    const parts = await Promise.race([reply, this.#stopping]);
    if (await this.#api.complete(to, parts[0] ?? nothing)) await this.#addRest(to, parts);
  }

  /** Waits for deferred replies, and gives up in time to notify Discord. */
  async end(): Promise<void> {
    const timer = setTimeout(this.#giveUp, this.#services.settings.limits.edgeDrainMs / 2);
    await Promise.all([...this.#deferred]);
    clearTimeout(timer);
  }

  /** The reply in parts; a failed turn becomes text, as Discord has no error format. */
  async #reply(interaction: DiscordInteraction, content: string): Promise<string[]> {
    const user = interaction.member?.user?.id ?? interaction.user?.id;
    try {
      const { text } = await this.#turns.run({
        user: `${discordUserPrefix}${user ?? "unknown"}`,
        session: `discord_${interaction.channel_id ?? "direct"}`,
        content,
        mode: "text",
        // Discord redelivers an interaction that it considers lost.
        ...(interaction.id !== undefined && { clientMsgId: `discord_${interaction.id}` }),
      });
      return messageParts(text.trim() === "" ? nothing : text, discordMessageChars).slice(0, mostParts);
    } catch (err) {
      const error = toParleyError(err);
      if (error.status === 500)
        this.#services.log.error({ err, user, interaction: interaction.id }, "Discord message failed");
      return [error.message.slice(0, discordMessageChars)];
    }
  }

  async #inTime(reply: Promise<string[]>): Promise<string[] | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), this.#services.settings.limits.discordDeferMs);
    });
    const first = await Promise.race([reply, late]);
    clearTimeout(timer);
    return first;
  }

  async #addRest(to: InteractionAddress, parts: string[]): Promise<void> {
    for (const part of parts.slice(1)) if (!(await this.#api.add(to, part))) return;
  }
}

function answer(exchange: Exchange, body: DiscordAnswer): void {
  exchange.json(200, body);
}

function say(exchange: Exchange, content: string): void {
  answer(exchange, { type: discordTypes.message, data: { content, allowed_mentions: { parse: [] } } });
}

function messageOf({ data }: DiscordInteraction): string | undefined {
  if (data?.name !== "chat") return undefined;
  const value = data.options.find(({ name }) => name === "message")?.value;
  return typeof value === "string" ? value : "";
}

function addressOf({ application_id, token }: DiscordInteraction): InteractionAddress | undefined {
  return application_id === undefined || token === undefined
    ? undefined
    : { applicationId: application_id, token };
}
