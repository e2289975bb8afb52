import type { BridgeAddress } from "../../../schemas/documents/bridge.ts";
import { newSessionInput, type SessionInput } from "../../../schemas/messages/session-input.ts";
import { toParleyError } from "../../http/error-shape.ts";
import type { Services } from "../../services.ts";
import { Binding } from "./binding.ts";
import type { Bridge, InboundMessage } from "./bridge.ts";
import { externalUser, sessionOf } from "./chat-names.ts";
import { withStoredAttachments } from "./stored-attachments.ts";

/** Queue limit of messages of one chat that have not entered their session. */
const chatBacklog = 100;

const greeting = "你好！直接发送消息即可开始对话，发送 /help 查看可用命令。";
const bindFirst = "请先绑定账号: 登录后获取绑定令牌，私聊机器人发送 /bind [token]";
const busy = "消息过多，请稍后重发";

/** Submits the messages of all platforms to their users' sessions, in order within a chat. */
export class Inbound {
  readonly #services: Services;
  readonly #binding: Binding;
  readonly #chats = new Map<string, { last: Promise<void>; waiting: number }>();

  constructor(services: Services) {
    this.#services = services;
    this.#binding = new Binding(services);
  }

  /**
   * Resolves when the message is stored or answered.
   * @throws ParleyError when neither is possible at present
   */
  async take(bridge: Bridge, message: InboundMessage): Promise<void> {
    const { kind, chat, platform, self } = message.address;
    // Tokens are private: answer a sender who posts one in a group.
    const binds = kind === "group" && /^\/bind\b/i.test(message.text.trim());
    if (!message.addressed && !binds) return;
    const key = `${platform} ${self} ${kind} ${chat}`;
    const queue = this.#chats.get(key) ?? { last: Promise.resolve(), waiting: 0 };
    if (queue.waiting >= chatBacklog) return this.tell(bridge, message.address, busy);
    queue.waiting += 1;
    const done = queue.last.then(() => this.#take(bridge, message));
    queue.last = done
      .catch(() => {})
      .then(() => {
        queue.waiting -= 1;
        if (queue.waiting === 0) this.#chats.delete(key);
      });
    this.#chats.set(key, queue);
    return done;
  }

  /** Replies at once, outside any session: lost when the platform is down. */
  async tell(bridge: Bridge, address: BridgeAddress, text: string): Promise<void> {
    const key = `tell-${address.message.slice(-40)}`;
    const delivery = await bridge.send({ address, text, first: true, key });
    if (delivery.kind !== "sent")
      this.#services.log.warn({ platform: address.platform, delivery }, "direct answer not delivered");
  }

  async #take(bridge: Bridge, message: InboundMessage): Promise<void> {
    const { address } = message;
    try {
      const answer = await this.#answer(message);
      if (answer !== undefined) return await this.tell(bridge, address, answer);
      const bound = await this.#binding.userOf(address);
      if (bound === null && address.platform === "qq" && this.#services.settings.qqRequireBind)
        return await this.tell(bridge, address, bindFirst);
      const user = bound ?? externalUser(address);
      const whole = (await message.complete?.(user)) ?? message;
      const kept = await withStoredAttachments(this.#services, whole, user);
      if (kept.text === "" && kept.attachments.length === 0)
        return await this.tell(bridge, address, nothingReadable(kept));
      const result = await this.#services.submit.message(inputOf(kept, user));
      if (result.kind === "refused") throw result.error;
    } catch (err) {
      const error = toParleyError(err);
      if (error.status === 500)
        this.#services.log.error(
          { err, platform: address.platform, message: address.message },
          "bridge message failed",
        );
      if (error.status === 503) throw error;
      await this.tell(bridge, address, error.message);
    }
  }

  /** Returns the answer to a command that the bridge handles itself; undefined for other texts. */
  async #answer({ address, text }: InboundMessage): Promise<string | undefined> {
    if (/^\/start(\s|$)/i.test(text.trim())) return greeting;
    return this.#binding.command(address, text);
  }
}

function nothingReadable({ unreadable }: InboundMessage): string {
  if (unreadable.length === 0) return greeting;
  return `暂时只能处理文字、图片、语音和文件，无法处理${unreadable.join("、")}`;
}

/** Names unsupported content in the text, so that the reply can mention it. */
function inputOf(message: InboundMessage, user: string): SessionInput {
  const { address, id, text, attachments, unreadable, quotesOthers } = message;
  return newSessionInput({
    user,
    session: sessionOf(address),
    client_msg_id: id,
    content: [text, ...unreadable.map((kind) => `[${kind}]`)].filter((part) => part !== "").join("\n"),
    attachments,
    surface: address.platform,
    bridge: address,
    ...(quotesOthers && { quotes_others: quotesOthers }),
  });
}
