import type { Services } from "../../services.ts";
import { Inbound } from "./inbound.ts";
import { addOnebot } from "./onebot.ts";
import { addTelegram } from "./telegram.ts";

/** Registers the bridges to chat platforms. At the stop, what is being sent is settled. */
export function addBridges(services: Services): void {
  const inbound = new Inbound(services);
  services.lifecycle.onStop("OneBot", addOnebot(services, inbound));
  services.lifecycle.onStop("Telegram", addTelegram(services, inbound));
}
