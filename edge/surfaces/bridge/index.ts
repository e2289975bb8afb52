import type { Services } from "../../services.ts";
import { addFeishu } from "./feishu.ts";
import { Inbound } from "./inbound.ts";
import { addOnebot } from "./onebot/index.ts";
import { addTelegram } from "./telegram/index.ts";

/** Every bridge to a chat platform, by its name. */
const bridges = { OneBot: addOnebot, Telegram: addTelegram, Feishu: addFeishu };

/** Registers the bridges to chat platforms. At the stop, what is being sent is settled. */
export function addBridges(services: Services): void {
  const inbound = new Inbound(services);
  for (const [name, add] of Object.entries(bridges)) services.lifecycle.onStop(name, add(services, inbound));
}
