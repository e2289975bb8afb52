import type { Services } from "../../services.ts";
import { addFeishu } from "./feishu.ts";
import { Inbound } from "./inbound.ts";
import { addOnebot } from "./onebot/index.ts";
import { addTelegram } from "./telegram/index.ts";

/** Bridges by platform name. */
const bridges = { OneBot: addOnebot, Telegram: addTelegram, Feishu: addFeishu };

/** Registers the bridges to chat platforms. On close, deliveries in progress are completed. */
export function addBridges(services: Services): void {
  const inbound = new Inbound(services);
  for (const [name, add] of Object.entries(bridges)) services.lifecycle.onStop(name, add(services, inbound));
}
