import { type BridgeAddress, bridgeTraits } from "../../../schemas/documents/bridge.ts";
import { newSessionInput, type SessionInput } from "../../../schemas/messages/session-input.ts";
import { toParleyError } from "../../http/error-shape.ts";
import type { Services } from "../../services.ts";
import { Binding } from "./binding.ts";
import type { Bridge, InboundMessage } from "./bridge.ts";
import { withPictureFiles } from "./picture-files.ts";

/** Most messages of one chat that wait to enter their session. */
const chatBacklog = 100;

/** Takes the messages of all platforms into their users' sessions, those of one chat in their order. */
export class Inbound {
  readonly #services: Services;
  readonly #binding: Binding;
  readonly #chats = new Map<string, { last: Promise<void>; waiting: number }>();

  constructor(services: Services) {
    this.#services = services;
    this.#binding = new Binding(services);
  }

  /** Resolves when the message is stored or answered. @throws ParleyError when it could be neither for now */
  async take(bridge: Bridge, message: InboundMessage): Promise<void> {
    const { kind, chat, platform, self } = message.address;
    // Nobody should see a token, and who writes one in a group must be told.
    const binds = kind === "group" && /^\/bind\b/i.test(message.text.trim());
    if (!message.addressed && !binds) return;
    const key = `${platform} ${self} ${kind} ${chat}`;
    const queue = this.#chats.get(key) ?? { last: Promise.resolve(), waiting: 0 };
    if (queue.waiting >= chatBacklog) return;
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

  /** Answers at once, outside any session: lost when the platform is away. */
  async tell(bridge: Bridge, address: BridgeAddress, text: string): Promise<void> {
    const delivery = await bridge.send({ address, text, first: true });
    if (delivery.kind !== "sent")
      this.#services.log.warn({ platform: address.platform, delivery }, "not told");
  }

  async #take(bridge: Bridge, message: InboundMessage): Promise<void> {
    const { address, text } = message;
    const { settings, submit, log } = this.#services;
    try {
      const answer = await this.#binding.command(address, text);
      if (answer !== undefined) return await this.tell(bridge, address, answer);
      const bound = await this.#binding.userOf(address);
      if (bound === null && address.platform === "qq" && settings.qqRequireBind)
        return await this.tell(
          bridge,
          address,
          "请先绑定账号: 登录后获取绑定令牌，私聊机器人发送 /bind [token]",
        );
      const user = bound ?? externalUser(address);
      const whole = (await message.complete?.(user)) ?? message;
      const kept = await withPictureFiles(this.#services, whole, user, sessionOf(address));
      const result = await submit.message(inputOf(kept, user));
      if (result.kind === "refused") throw result.error;
    } catch (err) {
      const error = toParleyError(err);
      if (error.status === 500) log.error({ err, platform: address.platform }, "message not taken");
      if (error.status === 503) throw error;
      await this.tell(bridge, address, error.message);
    }
  }
}

function externalUser({ platform, sender }: BridgeAddress): string {
  return `${bridgeTraits[platform].userPrefix}${sender}`;
}

function sessionOf({ platform, self, kind, chat }: BridgeAddress): string {
  return platform === "qq" ? `qq_${self}_${kind}_${chat}` : `${platform}_${chat}`;
}

function inputOf(
  { address, id, text, attachments, quotesOthers }: InboundMessage,
  user: string,
): SessionInput {
  return newSessionInput({
    user,
    session: sessionOf(address),
    client_msg_id: id,
    content: text,
    attachments,
    surface: address.platform,
    bridge: address,
    ...(quotesOthers && { quotes_others: quotesOthers }),
  });
}
