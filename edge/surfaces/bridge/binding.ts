import type { BridgeAddress, BridgeAnswer, BridgeAsk } from "../../../schemas/documents/bridge.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { bindingChanged, bridgeAsk } from "../../../schemas/messages/bridge.ts";
import type { Services } from "../../services.ts";

const cacheMs = 5_000;
const cacheEntries = 10_000;
const codePrefix = "bind-";

interface Known {
  user: string | null;
  until: number;
}

/** Maps platform accounts to users; also handles `/bind` and `/unbind`, whose token enters no log. */
export class Binding {
  readonly #services: Pick<Services, "link" | "identity">;
  readonly #known = new Map<string, Known>();

  constructor(services: Pick<Services, "link" | "identity">) {
    this.#services = services;
    services.link.bus.listen(bindingChanged, () => this.#known.clear());
  }

  /** The user that an account is bound to. @throws ParleyError `service_unavailable` */
  async userOf({ platform, sender }: BridgeAddress): Promise<string | null> {
    const key = `${platform}:${sender}`;
    const known = this.#known.get(key);
    if (known !== undefined && known.until > performance.now()) return known.user;
    const { user } = await this.#ask({ kind: "resolve", platform, external_id: sender });
    if (this.#known.size >= cacheEntries) this.#known.clear();
    this.#known.set(key, { user, until: performance.now() + cacheMs });
    return user;
  }

  /** Returns the answer to `/bind` or `/unbind`; undefined for other texts. */
  async command(address: BridgeAddress, text: string): Promise<string | undefined> {
    const [word = "", token = ""] = text.trim().split(/\s+/);
    const name = word.toLowerCase();
    if (name === "/bind") return this.#bind(address, token);
    if (name === "/unbind") return this.#unbind(address);
    return undefined;
  }

  async #bind(address: BridgeAddress, token: string): Promise<string> {
    const account = { platform: address.platform, external_id: address.sender };
    if (address.kind === "group") {
      // Everybody in the group has seen the token.
      if (token.startsWith(codePrefix)) await this.#ask({ kind: "burn", ...account, code: token });
      return "请勿在群聊中绑定账号，请私聊机器人发送 /bind [token]。已公开的令牌请作废";
    }
    if (token === "") return "用法: /bind [token]";
    const proof = token.startsWith(codePrefix) ? { code: token } : await this.#proven(token);
    const failed = "绑定失败: 令牌无效或已过期";
    if (proof === null) return failed;
    const { user } = await this.#ask({ kind: "bind", ...account, ...proof });
    this.#known.clear();
    return user === null ? failed : `绑定成功，当前账号: ${user}`;
  }

  async #unbind(address: BridgeAddress): Promise<string> {
    if (address.kind === "group") return "请私聊机器人发送 /unbind";
    const { user } = await this.#ask({
      kind: "unbind",
      platform: address.platform,
      external_id: address.sender,
    });
    this.#known.clear();
    return user === null ? "当前未绑定账号" : `已解绑账号: ${user}`;
  }

  /** The user of an access token or API key. */
  async #proven(token: string): Promise<{ user: string } | null> {
    try {
      return { user: (await this.#services.identity.identify(token, { scope: "account" })).user_id };
    } catch (err) {
      if (err instanceof ParleyError && err.status === 401) return null;
      throw err;
    }
  }

  async #ask(ask: BridgeAsk): Promise<BridgeAnswer> {
    const answer = await this.#services.link.bus.ask(bridgeAsk, ask);
    if (answer.unavailable) throw new ParleyError("storage_unavailable");
    return answer;
  }
}
